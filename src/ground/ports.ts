/** What the core asks of its surroundings. Each has a default that uses only web globals; tests give their own. */

export interface Clock {
  /** Wall time in milliseconds since 1970. A label, never an order (it stands still on Workers, runs backwards elsewhere). */
  now(): number;
  /** Milliseconds from any fixed start, for durations. */
  elapsed(): number;
}

export interface Random {
  /** Fills `target` with random bytes fit for unique names. */
  fill(target: Uint8Array<ArrayBuffer>): void;
}

export interface Logger {
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export const defaultPorts: Ports = {
  clock: { now: () => Date.now(), elapsed: () => performance.now() },
  random: { fill: (target) => void crypto.getRandomValues(target) },
  logger: {
    warn: (message, facts) => console.warn(`keepstate: ${message}`, ...(facts ? [facts] : [])),
    error: (message, facts) => console.error(`keepstate: ${message}`, ...(facts ? [facts] : [])),
  },
};

/** Who did something, why, and as part of what. Goes into hooks, journal, events and results alike. */
export interface Correlation {
  /** Joins everything that belongs to one run of an agent. Generated where none is given. */
  readonly correlationId: string;
  /** The event or commit that caused this one. */
  readonly causationId?: string;
  readonly actor?: string;
  /** `user`, `agent`, `hook`, `system` or a word of the caller's. */
  readonly triggeredBy?: string;
  /** Set where a caller gave an id that the store had generated: more than one commit has it, so it needs an index. */
  readonly reused?: true;
}
