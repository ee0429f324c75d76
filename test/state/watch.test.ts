import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import {
  agent,
  cancel,
  globalScope,
  type Handle,
  type PersistenceOptions,
  redirect,
} from "../../src/index.ts";
import { type Watchers, watch } from "../../src/state/watch.ts";
import { degraded, profile } from "../../src/testing.ts";
import { collect, handClock, open, signal, turns } from "./world.ts";

const buffered: PersistenceOptions = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000 };
const strong = profile("strong").capabilities;

/** What the key showed each time its watcher was told. */
function seen(of: Pick<Handle, "watch" | "get">, key: string): unknown[] {
  const values: unknown[] = [];
  of.watch(key, () => void values.push(of.get(key)));
  return values;
}

describe("a watcher is told when its key shows something else", () => {
  test("by an own write: once it is durable, not of other keys, and not of what did not happen", async () => {
    const backend = degraded({ capabilities: strong });
    await using state = await open({ storage: backend.adapter() });
    await state.set("a", 1);
    const [a, b] = [seen(state, "a"), seen(state, "b")];
    const writing = state.set("a", 2);
    expect(a).toEqual([]);
    await writing;
    expect([a, b]).toEqual([[2], []]);
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    await expect(state.set("a", 3)).rejects.toMatchObject({ code: "quota" });
    state.hooks.on("before_state_change", { id: "no" }, (c) => (c.value === 4 ? cancel("no") : undefined));
    await state.set("a", 4);
    expect(a).toEqual([2]);
    await state.delete("a");
    await state.clear();
    expect([a, b]).toEqual([[2, undefined], []]);
  });

  test("before the writer goes on: whoever awaits the write finds that watchers know", async () => {
    await using state = await open();
    const values = seen(state, "k");
    for (let i = 0; i < 5; i++) {
      await state.set("k", i);
      expect(values).toHaveLength(i + 1);
    }
    expect(values).toEqual([0, 1, 2, 3, 4]);
  });

  test("in buffered mode in the call of the write, and not again by the flush, which changes nothing to see", async () => {
    await using state = await open({ persistence: buffered });
    const values = seen(state, "k");
    const writing = state.set("k", 1);
    expect(values).toEqual([1]);
    await writing;
    await state.delete("k");
    await state.flush();
    await state.set("k", 2);
    expect(values).toEqual([1, undefined, 2]);
  });

  test("by another writer, when its changes are shown here, large values included", async () => {
    const storage = memory();
    await using here = await open({ storage });
    await using there = await open({ storage });
    const [mine, theirs] = [await here.agent("a"), await there.agent("a")];
    const [small, large, other] = [seen(mine, "small"), seen(mine, "large"), seen(mine, "other")];
    const long = "x".repeat(40_000);
    await theirs.set("small", 1);
    await theirs.set("large", long);
    await theirs.delete("small");
    await here.refresh();
    expect([small.at(-1), small.length > 0, large, other]).toEqual([undefined, true, [long], []]);
  });

  test("by the removal of what is past its time", async () => {
    const { clock, advance } = handClock();
    await using state = await open({ ports: { clock } });
    await state.set("k", 1, { ttlMs: 10 });
    const values = seen(state, "k");
    advance(20);
    expect([state.get("k"), state.peek("k"), values]).toEqual([undefined, undefined, []]);
    await state.checkpoint();
    expect(values).toEqual([undefined]);
  });

  test("by a buffered change that is vetoed when it is asked about again: it leaves the view", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("k", 1);
    const here = await open({ storage, persistence: buffered });
    here.hooks.on("before_state_change", { id: "once", keys: ["k"] }, (c) =>
      c.oldValue === 5 ? cancel("too late") : undefined,
    );
    const values = seen(here, "k");
    await here.set("k", 2);
    await there.set("k", 5);
    await here.flush();
    expect([values[0], values.at(-1), here.get("k")]).toEqual([2, 5, 5]);
    await here.close();
  });

  test("by a buffered change that goes elsewhere when it is asked about again", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("k", 1);
    const here = await open({ storage, persistence: buffered });
    here.hooks.on("before_state_change", { id: "late", keys: ["k"] }, (c) =>
      c.oldValue === 5 ? redirect(globalScope(), "late") : undefined,
    );
    const [k, late] = [seen(here, "k"), seen(here, "late")];
    await here.set("k", 2);
    await there.set("k", 5);
    await here.flush();
    expect([k[0], k.at(-1), late.at(-1), here.get("late")]).toEqual([2, 5, 2, 2]);
    await here.close();
  });

  test("by a buffered change that is lost because its outcome cannot be found out", async () => {
    const backend = degraded({ capabilities: strong });
    const storage = backend.adapter();
    let isCut = false;
    const cut = async (): Promise<never> => {
      throw new TypeError("the line is cut");
    };
    const state = await open({
      storage: {
        ...storage,
        async open(options) {
          const store = await storage.open(options);
          return {
            ...store,
            get: (keys, signal) => (isCut ? cut() : store.get(keys, signal)),
            commit: (batch) => (isCut ? cut() : store.commit(batch)),
          };
        },
      },
      persistence: buffered,
    });
    await state.set("k", 1);
    await state.flush();
    const values = seen(state, "k");
    await state.set("k", 2);
    isCut = true;
    await expect(state.flush()).rejects.toMatchObject({ code: "unknown_outcome" });
    await turns();
    expect([values, state.get("k")]).toEqual([[2, 1], 1]);
    await expect(state.close()).resolves.toBeUndefined();
  });

  test("by damage: from then on reading says so", async () => {
    const backend = degraded({ capabilities: strong });
    const here = await open({ storage: backend.adapter() });
    const there = await open({ storage: backend.adapter() });
    const mine = await here.agent("a");
    const codes: unknown[] = [];
    const look = () => {
      try {
        mine.get("k");
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    };
    mine.watch("k", look);
    mine.watch(undefined, look);
    const known = new Set(backend.contents().keys());
    await there.setWithHooks(agent("a"), "other", "y".repeat(100));
    const bad = [...backend.contents().keys()].filter((key) => key.startsWith("j/") && !known.has(key));
    await there.setWithHooks(agent("fine"), "k", 1);
    for (const [key, bytes] of backend.contents()) {
      if (!bad.includes(key)) continue;
      const flipped = bytes.slice();
      flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 0x55;
      backend.poke(key, flipped);
    }
    await here.refresh();
    await here.refresh();
    expect(codes).toEqual(["corrupt", "corrupt"]);
    await Promise.allSettled([here.close(), there.close()]);
  });
});

describe("watching", () => {
  test("a whole scope: once for a commit, however many keys it changed; other scopes are others", async () => {
    await using state = await open();
    const a = await state.agent("a");
    const again = await state.agent("a");
    let [all, one, bound, elsewhere] = [0, 0, 0, 0];
    a.watch(undefined, () => all++);
    again.watch("k1", () => one++);
    a.with({ actor: "me" }).watch("k2", () => bound++);
    state.watch(undefined, () => elsewhere++);
    await state.batch((tx) => {
      for (let i = 0; i < 50; i++) tx.set(agent("a"), `k${i}`, i);
    });
    expect([all, one, bound, elsewhere]).toEqual([1, 1, 1, 0]);
    await a.clear();
    expect([all, one, bound, elsewhere]).toEqual([2, 2, 2, 0]);
  });

  test("ends with the returned function, also in the middle of being told, and with the handle", async () => {
    await using state = await open();
    const a = await state.agent("a");
    const held = await state.agent("a");
    const told: string[] = [];
    const stops = [1, 2].map((n) =>
      a.watch("k", () => {
        told.push(`stopping ${n}`);
        for (const stop of stops) stop();
      }),
    );
    a.watch("k", () => told.push("lasting"));
    await held.set("k", 1);
    expect(told).toEqual(["stopping 1", "lasting"]);
    for (const stop of stops) stop();
    a.close();
    await held.set("k", 2);
    await held.set("k", 3);
    expect(told).toEqual(["stopping 1", "lasting"]);
    expect(() => a.watch("k", () => {})).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => a.peek("k")).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => held.watch("k", "listener" as never)).toThrow(TypeError);
  });

  test("a listener that fails harms no writer and no other listener, and is reported", async () => {
    await using state = await open();
    const failures = collect(state, "subscriber.failed");
    const values: unknown[] = [];
    state.watch("k", () => {
      throw new TypeError("listener");
    });
    state.watch("k", () => void values.push(state.get("k")));
    expect(await state.set("k", 1)).toMatchObject({ status: "committed" });
    expect(values).toEqual([1]);
    expect(failures.map(({ data }) => data)).toMatchObject([
      { pattern: "k", eventType: "watch", error: { message: "listener" } },
    ]);
  });

  test("a listener may write, and its writes are told too", async () => {
    await using state = await open({ persistence: buffered });
    const values = seen(state, "double");
    state.watch("n", () => void state.set("double", 2 * (state.get("n") as number)));
    await state.set("n", 4);
    expect(values).toEqual([8]);
    await using plain = await open();
    const { promise, resolve } = signal();
    plain.watch("n", () => void plain.set("double", 2 * (plain.get("n") as number)).then(resolve));
    await plain.set("n", 4);
    await promise;
    expect(plain.get("double")).toBe(8);
  });

  test.each([
    ["immediate", {}, 0],
    ["buffered", buffered, 1],
  ] as const)("nobody is told while the store closes, in %s mode", async (_, persistence, before) => {
    const state = await open({ persistence });
    let told = 0;
    state.watch("k", () => told++);
    const writing = state.set("k", 1);
    await state.close();
    await writing;
    await turns();
    expect(told).toBe(before);
  });

  test("leaves nothing behind: the last one to go takes the lists along", () => {
    const view: { watchers: Watchers | undefined } = { watchers: undefined };
    const of = (key: string | undefined) =>
      watch(
        view,
        key,
        () => {},
        () => true,
      );
    const stops = ["a", "a", "b", undefined].map(of);
    expect([...(view.watchers ?? [])].map(([key, those]) => [key, those.size])).toEqual([
      ["a", 2],
      ["b", 1],
      [undefined, 1],
    ]);
    stops[0]?.();
    stops[1]?.();
    expect([...(view.watchers?.keys() ?? [])]).toEqual(["b", undefined]);
    const stopNew = of("a");
    stops[0]?.();
    expect(view.watchers?.get("a")?.size).toBe(1);
    for (const stop of [...stops, stopNew]) stop();
    expect(view.watchers).toBeUndefined();
    const stopLast = of("a");
    for (const stop of stops) stop();
    expect(view.watchers).toBeDefined();
    stopLast();
  });
});

describe("peek", () => {
  const rich = () => new Map([["at", new Date(0)]]);

  test.each([
    ["immediate", {}],
    ["buffered", buffered],
  ] as const)("gives the same reference until the entry changes, in %s mode", async (_, persistence) => {
    await using state = await open({ persistence });
    await state.set("rich", rich());
    await state.set("plain", { n: 1 });
    const [first, plain] = [state.peek("rich"), state.peek("plain")];
    expect([first, plain]).toEqual([rich(), { n: 1 }]);
    expect([state.get("rich") === first, state.get("plain") === plain]).toEqual([false, true]);
    await state.set("other", 1);
    await state.flush();
    await state.checkpoint();
    expect([state.peek("rich") === first, state.peek("plain") === plain]).toEqual([true, true]);
    await state.set("rich", rich());
    expect(state.peek("rich") === first).toBe(false);
    expect([state.peek("none"), state.has("none")]).toEqual([undefined, false]);
  });

  test("is a copy: changing it, which nobody should, changes no state", async () => {
    await using state = await open();
    await state.set("k", rich());
    (state.peek("k") as Map<string, unknown>).clear();
    expect(state.get("k")).toEqual(rich());
  });

  test("stays the same for entries of a block, before and after a write looks at them", async () => {
    const storage = memory();
    const first = await open({ storage });
    await first.set("k", { n: 1 });
    await first.close();
    await using state = await open({ storage });
    const value = state.peek("k");
    state.hooks.on("before_state_change", { id: "looks" }, () => cancel("no"));
    await state.set("k", 2);
    expect(state.peek("k") === value && state.get("k") === value).toBe(true);
  });
});
