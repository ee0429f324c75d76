import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { StorageAdapter } from "../../src/adapter.ts";
import {
  agent,
  cancel,
  custom,
  globalScope,
  type Handle,
  type PersistenceOptions,
  type StateManager,
} from "../../src/index.ts";
import { commitWhatFits, lookAtScopes } from "../../src/internal.ts";
import { collect, open, signal, turns } from "./world.ts";

const buffered: PersistenceOptions = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000 };

/** A way to the same data that hears nothing of others by itself. */
function deaf(shared: StorageAdapter): StorageAdapter {
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
async function asking(
  more: (here: StateManager) => Promise<unknown>,
  before: (there: StateManager) => Promise<unknown> = turns,
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

/** What a key showed each time its watcher was told. */
function told(of: Pick<Handle, "watch" | "get">, key: string): unknown[] {
  const values: unknown[] = [];
  of.watch(key, () => void values.push(of.get(key)));
  return values;
}

describe("while a buffered change is decided again, readers see (G3)", () => {
  test("all that they saw before, until it is decided", async () => {
    const { here, there, answer, end } = await asking(
      async (state) => {
        await state.set("mine", { n: 1 });
        await state.delete("old");
      },
      (state) => state.set("old", 1),
    );
    const look = async () => ({
      get: here.get("mine"),
      peek: here.peek("mine"),
      has: [here.has("mine"), here.has("old")],
      keys: here.keys().sort(),
      entries: Object.fromEntries(here.entries()),
      size: here.size,
      revision: here.revision("mine"),
      read: [await here.read(globalScope(), "mine"), await here.read(globalScope(), "old")],
      agents: await lookAtScopes(here as never, ["global" as never], (at) => [
        at("global" as never).keys().sort(),
        at("global" as never).entry("mine")?.value,
        at("global" as never).isQueued("mine"),
      ]),
    });
    expect(await look()).toEqual({
      get: { n: 1 },
      peek: { n: 1 },
      has: [true, false],
      keys: ["mine", "u"],
      entries: { mine: { n: 1 }, u: 2 },
      size: 2,
      revision: undefined,
      read: [{ n: 1 }, undefined],
      agents: [["mine", "u"], { n: 1 }, true],
    });
    await answer();
    expect([here.get("u"), here.get("mine"), here.has("old"), here.size]).toEqual([11, { n: 1 }, false, 2]);
    await there.refresh();
    expect(Object.fromEntries(there.entries())).toEqual({ mine: { n: 1 }, u: 11 });
    await end();
  });

  test("what is written meanwhile at once, and it builds on what they see", async () => {
    const { here, there, answer, end } = await asking(async (state) => {
      for (const key of ["n", "gone", "vetoed"]) await state.set(key, 1);
      await state.batch((tx) => tx.set(agent("s"), "k", 1));
    });
    const scope = await here.agent("s");
    const [n, gone, fresh] = [told(here, "n"), told(here, "gone"), told(here, "fresh")];
    const olds: unknown[] = [];
    here.hooks.on("before_state_change", { id: "looks", keys: ["n"] }, (c) => void olds.push(c.oldValue));
    expect(await here.set("n", (here.get("n") as number) + 1)).toMatchObject({ status: "buffered" });
    expect(here.get("n")).toBe(2);
    await here.update("n", (value) => (value as number) + 1);
    expect(await here.delete("gone")).toMatchObject({ status: "buffered" });
    await here.set("fresh", 1);
    await scope.clear();
    expect([here.get("n"), here.has("gone"), here.get("fresh"), scope.size]).toEqual([3, false, 1, 0]);
    expect([n, gone, fresh, olds]).toEqual([[2, 3], [undefined], [1], [1, 2]]);
    await answer();
    expect([n, gone, fresh, olds]).toEqual([[2, 3], [undefined], [1], [1, 2]]);
    await there.refresh();
    expect(Object.fromEntries(there.entries())).toEqual({ u: 11, n: 3, vetoed: 1, fresh: 1 });
    expect(await there.read(agent("s"), "k")).toBeUndefined();
    await end();
  });

  test("what is written meanwhile even where nobody is asked about it: a plain deletion", async () => {
    const { here, there, answer, end } = await asking((state) => state.set("k", 1));
    here.hooks.off("slow");
    const deleted = here.delete("k");
    expect(here.has("k")).toBe(false);
    await deleted;
    await answer();
    await there.refresh();
    expect(there.keys()).toEqual(["u"]);
    await end();
  });

  test("an entry of which a conditional write waits for what it comes to", async () => {
    const { here, answer, end } = await asking((state) => state.set("k", 1));
    const conditional = here.set("k", 2, { expectedRevision: null });
    await turns(100);
    await answer();
    expect(await conditional).toMatchObject({ status: "conflict" });
    expect(here.get("k")).toBe(1);
    await end();
  });

  test("what a choice that is made meanwhile chose from it", async () => {
    const { here, there, answer, end } = await asking((state) => state.set("k", 1));
    const seen: unknown[] = [];
    const result = await commitWhatFits(
      here as never,
      ["global" as never],
      (look) => {
        const value = look("global" as never).entry("k")?.value as number;
        seen.push(value);
        return [{ scope: "global" as never, key: "twice", change: { set: 2 * value } }];
      },
      {},
    );
    expect([result.status, here.get("twice"), new Set(seen)]).toEqual(["buffered", 2, new Set([1])]);
    await answer();
    await there.refresh();
    expect(there.get("twice")).toBe(2);
    await end();
  });
});

describe("whoever is asked again sees exactly what lies before (G5)", () => {
  test("an update and a hook see no later value, whatever is shown", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("u", 1);
    await using here = await open({ storage: deaf(storage), persistence: buffered });
    const gate = signal();
    const asked = signal();
    const seen: unknown[] = [];
    here.hooks.on("before_state_change", { id: "looks", keys: ["u"] }, async (change, { state }) => {
      seen.push([change.oldValue, await state.get(globalScope(), "later")]);
      if (seen.length !== 2) return;
      asked.resolve();
      await gate.promise;
      seen.push(await state.get(custom("c"), "meanwhile"));
    });
    await here.update("u", (u) => (u as number) + 1);
    await here.set("later", 1);
    await here.set("u", 99);
    await there.set("u", 10);
    const flushed = here.flush();
    await asked.promise;
    await here.batch((tx) => tx.set(custom("c"), "meanwhile", 1));
    expect([here.get("u"), await here.read(custom("c"), "meanwhile")]).toEqual([99, 1]);
    gate.resolve();
    await flushed;
    expect(seen.slice(0, 4)).toEqual([[1, undefined], [2, 1], [10, undefined], undefined]);
    expect(here.get("u")).toBe(99);
  });

  test("a choice over whole scopes sees no later value either", async () => {
    const seen: unknown[] = [];
    const { here, answer, end } = await asking(async (state) => {
      await commitWhatFits(
        state as never,
        ["global" as never],
        (look) => {
          const at = look("global" as never);
          seen.push([at.entry("k")?.value, at.keys().includes("k"), at.isQueued("k")]);
          return [{ scope: "global" as never, key: "chosen", change: { set: seen.length } }];
        },
        {},
      );
      await state.set("k", 1);
    });
    await answer();
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(new Set(["[null,false,false]"]));
    expect([here.get("k"), here.get("chosen")]).toEqual([1, seen.length]);
    await end();
  });
});

describe("watchers are told only of what readers see change", () => {
  test("not of what is taken in again as it was, nor of what a later change covers", async () => {
    const { here, answer, end } = await asking(async (state) => {
      await state.set("plain", 1);
      await state.update("covered", () => 1);
      await state.set("covered", 2);
    });
    const all = ["u", "plain", "covered"].map((key) => told(here, key));
    await answer();
    expect(all).toEqual([[11], [], []]);
    await end();
  });

  test("once of what leaves, when what it covered is seen; and whoever hears of it sees it gone", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("limit", 5);
    await using here = await open({ storage: deaf(storage), persistence: buffered });
    here.hooks.on("before_state_change", { id: "limit", keys: ["k"] }, async ({ value }, { state }) =>
      (value as number) > ((await state.get(globalScope(), "limit")) as number) ? cancel("too much") : undefined,
    );
    for (const value of [1, 4, 2, 3]) await here.set(value === 3 ? "other" : "k", value);
    await here.set("k", 5);
    const dropped: unknown[] = [];
    here.events.on("change.dropped", () => void dropped.push(here.get("k")));
    const [k, other] = [told(here, "k"), told(here, "other")];
    await there.set("limit", 3);
    await here.flush();
    expect([k, other, dropped, here.get("k")]).toEqual([[2], [], [5, 2], 2]);
  });

  test("not of another writer's value that a buffered one covers", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await using here = await open({ storage, persistence: buffered });
    await here.set("k", 1);
    const [k, other] = [told(here, "k"), told(here, "other")];
    await there.set("k", 2);
    await there.set("other", 2);
    await here.refresh();
    expect([k, other, here.get("k")]).toEqual([[], [2], 1]);
  });

  test("of what a later part of the queue does not cover, where a page is given up", async () => {
    const { here, answer, end } = await asking((state) => state.set("k", 1));
    const events = collect(here, "change.dropped");
    await answer();
    expect(events).toEqual([]);
    await end();
  });
});
