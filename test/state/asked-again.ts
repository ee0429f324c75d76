import { expect } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { StorageAdapter } from "../../src/adapter.ts";
import type { Handle, PersistenceOptions, StateManager } from "../../src/index.ts";
import { open, signal, turns } from "./world.ts";

/** Nothing is flushed unless the test says so. */
export const buffered: PersistenceOptions = {
  mode: "buffered",
  flushIntervalMs: 600_000,
  batchSize: 10_000,
};

/** A way to the same data that hears nothing of others by itself. */
export function deaf(shared: StorageAdapter): StorageAdapter {
  return {
    name: "deaf",
    async open(opening) {
      const { watch: _, ...store } = await shared.open(opening);
      return store;
    },
  };
}

/**
 * `here` has buffered `u`, and then what `more` writes; another writer was faster with `u`, and the hook that is asked
 * about `u` again does not answer until `answer` is called.
 */
export async function asking(
  more: (here: StateManager) => Promise<unknown>,
  before: (there: StateManager) => Promise<unknown> = async () => {},
) {
  const storage = memory();
  const there = await open({ storage });
  await there.set("u", 1);
  await before(there);
  const here = await open({ storage: deaf(storage), persistence: buffered });
  const [asked, answered] = [signal(), signal()];
  let calls = 0;
  here.hooks.on("before_state_change", { id: "slow", keys: ["u"] }, async () => {
    if (++calls !== 2) return;
    asked.resolve();
    await answered.promise;
  });
  await here.update("u", (u) => (u as number) + 1);
  await more(here);
  await there.set("u", 10);
  const flushed = here.flush();
  await asked.promise;
  const answer = async () => {
    answered.resolve();
    await flushed;
  };
  const end = async () => {
    await Promise.all([here.close(), there.close()]);
  };
  return { here, there, answer, end };
}

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await turns(1);
  expect(condition()).toBe(true);
}

/** What a key showed each time its watcher was told. */
export function told(of: Pick<Handle, "watch" | "get">, key: string): unknown[] {
  const values: unknown[] = [];
  of.watch(key, () => void values.push(of.get(key)));
  return values;
}
