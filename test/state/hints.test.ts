import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { StorageAdapter } from "../../src/adapter.ts";
import { collect, open, signal, turns } from "./world.ts";

/** A way to shared data that is told of other writers by `hint` alone, and whose reads can be made to stand. */
function hinted(shared: StorageAdapter) {
  let listener = () => {};
  let reads = 0;
  let isBroken = false;
  let gate: { arrived(): void; readonly lifted: Promise<void> } | undefined;
  const storage: StorageAdapter = {
    name: "hinted",
    async open(opening) {
      const store = await shared.open(opening);
      return {
        ...store,
        async get(keys) {
          reads++;
          if (isBroken) throw new TypeError("broken");
          const found = await store.get(keys);
          const mine = gate;
          mine?.arrived();
          await mine?.lifted;
          return found;
        },
        watch(call) {
          listener = call;
          return () => {};
        },
      };
    },
  };
  return {
    storage,
    hint: (times = 1) => {
      for (let i = 0; i < times; i++) listener();
    },
    reads: () => reads,
    break: (now: boolean) => {
      isBroken = now;
    },
    /** Reads from now on stand when they have read. Resolves with the way to let them go on when one does. */
    async stand() {
      const [arrived, lifted] = [signal(), signal()];
      gate = { arrived: arrived.resolve, lifted: lifted.promise };
      await arrived.promise;
      gate = undefined;
      return lifted.resolve;
    },
  };
}

describe("hints of other writers", () => {
  test("do not add up: a storm of them does not hold up an own write", async () => {
    const way = hinted(memory());
    await using state = await open({ storage: way.storage });
    await state.set("k", 0);
    way.hint();
    await turns(200);
    const standing = way.stand();
    way.hint();
    const lift = await standing;
    const before = way.reads();
    way.hint(500);
    const written = state.set("k", 1);
    way.hint(500);
    lift();
    await written;
    await turns(200);
    expect(way.reads() - before).toBeLessThanOrEqual(1);
  });

  test("that come while others stand in turn for the same read are told by it", async () => {
    const way = hinted(memory());
    await using state = await open({ storage: way.storage });
    await state.set("k", 0);
    const standing = way.stand();
    const refreshed = state.refresh();
    const lift = await standing;
    const before = way.reads();
    way.hint(500);
    lift();
    await refreshed;
    await turns(200);
    expect(way.reads() - before).toBe(1);
  });

  test("are not lost: one that comes when the read is over but not yet shown leads to another", async () => {
    const shared = memory();
    const way = hinted(shared);
    await using there = await open({ storage: shared });
    await using state = await open({ storage: way.storage });
    const standing = way.stand();
    way.hint();
    const lift = await standing;
    await there.set("k", 1);
    way.hint();
    lift();
    await turns(400);
    expect(state.get("k")).toBe(1);
  });

  test("are followed again after one that could not be, also by those that came meanwhile", async () => {
    const shared = memory();
    const way = hinted(shared);
    await using there = await open({ storage: shared });
    await using state = await open({ storage: way.storage });
    const failures = collect(state, "store.degraded");
    way.break(true);
    way.hint();
    await turns(200);
    way.hint(3);
    await turns(200);
    way.break(false);
    await there.set("k", 1);
    // One that is being followed, and one for all that came meanwhile.
    expect([failures.length, state.get("k")]).toEqual([3, undefined]);
    way.hint();
    await turns(400);
    expect(state.get("k")).toBe(1);
  });

  test("that come while one is read in vain are followed", async () => {
    const shared = memory();
    const way = hinted(shared);
    await using there = await open({ storage: shared });
    await using state = await open({ storage: way.storage });
    const failures = collect(state, "store.degraded");
    await there.set("k", 1);
    const told = signal();
    state.events.on("store.degraded", () => {
      way.break(false);
      told.resolve();
    });
    const before = way.reads();
    way.break(true);
    way.hint();
    for (let i = 0; i < 200 && way.reads() === before; i++) await null;
    way.hint();
    await told.promise;
    await turns(400);
    expect([failures.length, state.get("k")]).toEqual([1, 1]);
  });
});
