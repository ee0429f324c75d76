import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory } from "../../adapters/memory/index.ts";
import {
  type Schema,
  StateManager,
  type StateManagerOptions,
  type UniversalEvent,
  type WriteResult,
} from "../../src/index.ts";

/** What a store said to its logger. */
export function quiet() {
  const lines: string[] = [];
  const say = (message: string) => void lines.push(message);
  return { lines, logger: { warn: say, error: say } };
}

/** A store whose logger says nothing, so that tests which fail on purpose are not loud. */
export function open<S extends Schema = Schema>(
  options: StateManagerOptions<S> = {},
): Promise<StateManager<S>> {
  const { logger } = quiet();
  return StateManager.open({ storage: memory(), ...options, ports: { logger, ...options.ports } });
}

/** All events from now on, in order. */
export function collect(state: StateManager, pattern = "*"): UniversalEvent[] {
  const events: UniversalEvent[] = [];
  state.events.on(pattern, (event) => events.push(event));
  return events;
}

/** A clock that only moves when told to. */
export function handClock(start = 1_700_000_000_000) {
  let now = start;
  return {
    clock: { now: () => now, elapsed: () => now },
    advance: (ms: number) => {
      now += ms;
    },
  };
}

export async function inFolder<T>(work: (path: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), "keepstate-state-"));
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

export function committed(result: WriteResult): WriteResult & { status: "committed" } {
  if (result.status !== "committed") throw new TypeError(`expected a commit, got ${result.status}`);
  return result;
}

/** A promise and the way to settle it. */
export function signal() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await null;
}
