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

/**
 * Tells when the program may be about to end. The adapter knows where it runs, so it brings one; `ports.lifecycle` takes its
 * place. Only buffered mode asks it.
 */
export interface Lifecycle {
  /**
   * Calls `flush` each time the program may end after this turn: a page is hidden, a process got a signal. Whoever can wait
   * for its promise does; it never rejects. `undefined` means that nothing had to be stored. Returns the way to stop.
   */
  onSuspend(flush: () => Promise<void> | undefined): () => void;
  /** `onSuspend` also calls when the program has nothing left to do. The store's timers then need not keep it alive. */
  readonly seesIdleEnd?: boolean | undefined;
  /** Where what cannot be awaited goes. */
  readonly pending?: PendingStore | undefined;
}

/**
 * A small synchronous store that outlives the program, such as `localStorage`. It holds what is left at a sudden end until
 * the next opening takes it in. Keys have the form `writer.number`; texts hold values as they are, so whoever seals them
 * wraps this.
 */
export interface PendingStore {
  /** All entries of the store they wait for, in any order. Never throws: where nothing can be had, nothing is there. */
  read(): readonly (readonly [key: string, text: string])[];
  /** Throws where there is no room or no storage. */
  write(key: string, text: string): void;
  remove(key: string): void;
  /**
   * Holds a name until it is given back or the program ends. Without a signal `undefined` at once where another program holds
   * it; with one it waits, and is `undefined` when that is aborted. Left out where nobody can tell whether another
   * program still lives.
   */
  hold?(name: string, signal?: AbortSignal): Promise<(() => void) | undefined>;
}

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly lifecycle?: Lifecycle | undefined;
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
  /** Names one buffered write where its correlation id alone does not. */
  readonly operation?: string;
  /** Hooks decided it in an earlier life of the program; the pending journal brought it back, and hooks are asked again. */
  readonly recovered?: true;
}
