import { StateManager, type StateManagerOptions } from "../../src/index.ts";
import type { Store, StoreOpening } from "../../src/store/store.ts";
import { type DegradedBackend, degraded, isCrash, type Profile, profiles } from "../../src/testing.ts";

/** A real second between two puts would make tests slow; the rule is the same with two milliseconds. */
export const engineProfiles: readonly Profile[] = profiles.map((profile) =>
  profile.capabilities.minPutIntervalMs === 0
    ? profile
    : {
        ...profile,
        capabilities: { ...profile.capabilities, minPutIntervalMs: 2, stalenessMs: 20 },
      },
);

export const sharedProfiles = engineProfiles.filter(({ capabilities }) => capabilities.swap === "shared");

/** More of every sweep, and longer histories. */
export const isThorough = process.env["KEEPSTATE_THOROUGH"] === "1";

interface WorldOptions extends Omit<StateManagerOptions, "storage" | "ports"> {
  /** Comes between the engine and the backend. */
  readonly wrap?: (store: Store) => Store;
  /** How far this program's clock is ahead of the others'. Milliseconds. */
  readonly skewMs?: number;
}

/** A store that fails on request, with one clock for it and for the programs that use it. */
export interface World {
  readonly backend: DegradedBackend;
  readonly isEventual: boolean;
  /** Opens it as a new program. Retries what an eventual store asks to retry. */
  open(options?: WorldOptions): Promise<StateManager>;
  /** Moves everybody's clock. Milliseconds. */
  advance(ms: number): void;
  readonly now: () => number;
  /** What was logged, and what `store.degraded` told where nobody listened. */
  readonly logged: string[];
}

export function world({ capabilities }: Profile, seed = 1): World {
  const isPaced = capabilities.minPutIntervalMs > 0;
  let ahead = 0;
  const elapsed = () => (isPaced ? performance.now() : 0) + ahead;
  const start = 1_800_000_000_000;
  // Only `advance` moves wall time, so that nothing expires between a call and its meaning.
  const now = () => start + ahead;
  const backend = degraded({ capabilities, seed, now: elapsed });
  const logged: string[] = [];
  const log = (message: string, facts?: Readonly<Record<string, unknown>>) =>
    void logged.push(`${message} ${facts === undefined ? "" : describe(facts)}`);
  const isEventual = capabilities.consistency === "eventual";

  async function open({
    wrap = (store) => store,
    skewMs = 0,
    ...options
  }: WorldOptions = {}): Promise<StateManager> {
    const adapter = backend.adapter();
    const storage = { ...adapter, open: async (how: StoreOpening) => wrap(await adapter.open(how)) };
    for (let attempt = 0; ; attempt++) {
      try {
        return await StateManager.open({
          ...options,
          storage,
          require: { singleWriter: capabilities.swap === "local", ...options.require },
          ports: { clock: { now: () => now() + skewMs, elapsed }, logger: { warn: log, error: log } },
        });
      } catch (error) {
        const isLate = error instanceof Error && "code" in error && error.code === "stale";
        if (!isEventual || !isLate || attempt > 50) throw error;
      }
    }
  }

  return {
    backend,
    isEventual,
    open,
    advance(ms) {
      ahead += ms;
    },
    now,
    logged,
  };
}

function describe(facts: Readonly<Record<string, unknown>>): string {
  return Object.values(facts)
    .map((fact) => (fact instanceof Error ? chain(fact) : JSON.stringify(fact)))
    .join(" ");
}

function chain(error: unknown): string {
  const words: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) words.push(cause.message);
  return words.join(" < ");
}

/** Settles to the error, if it is the planned crash; fails the test if it is anything else. */
export async function crashOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!isCrash(error)) throw error;
    return error;
  }
}

/** Closes a program that may have died. */
export async function leave(state: StateManager): Promise<void> {
  await crashOf(state.close());
}

/** Most of a crash is the engine's waiting for a store that will not answer, so many fit into one time. */
export async function inParallel<T>(things: readonly T[], run: (thing: T) => Promise<void>): Promise<void> {
  const left = [...things];
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      for (let thing = left.shift(); thing !== undefined; thing = left.shift()) await run(thing);
    }),
  );
}
