import { describe, expect, test } from "vitest";
import { agent, cancel, globalScope, modify } from "../../src/index.ts";
import { collect, committed, open, signal, turns } from "./world.ts";

const GLOBAL = globalScope();

describe("order (G5)", () => {
  test("of writes to one scope is that of the calls, awaited or not, with and without hooks and kinds mixed", async () => {
    await using state = await open();
    const order: unknown[] = [];
    state.events.on("state.changed", (event) => order.push((event.data as { newValue: unknown }).newValue));
    const write = (i: number) => {
      if (i % 4 === 0) return state.update("k", () => i);
      if (i % 4 === 1) return state.set("k", i);
      if (i % 4 === 2) return state.setWithHooks(GLOBAL, "k", i);
      return state.batch((tx) => tx.set(GLOBAL, "k", i));
    };
    const indexes = Array.from({ length: 60 }, (_, i) => i);
    await Promise.all(indexes.map(write));
    expect(order).toEqual(indexes);
    state.hooks.on("before_state_change", { id: "slow" }, async () => turns(Math.floor(Math.random() * 5)));
    order.length = 0;
    await Promise.all(indexes.map(write));
    expect(order).toEqual(indexes);
    expect(state.get("k")).toBe(59);
  });

  test("of a hooked write is kept before a plain one, and other scopes do not wait", async () => {
    await using state = await open();
    const gate = signal();
    state.hooks.on("before_state_change", { id: "slow", keys: ["slow"] }, () => gate.promise);
    const a = await state.agent("a");
    const slow = state.set("slow", 1);
    const behind = state.set("fast", 2);
    expect(await a.set("fast", 3)).toMatchObject({ status: "committed" });
    expect(state.has("fast")).toBe(false);
    gate.resolve();
    const [one, two] = [committed(await slow), committed(await behind)];
    expect(one.revision < two.revision).toBe(true);
  });
});

describe("update (T26)", () => {
  test("is atomic under 200 concurrent calls", async () => {
    await using state = await open();
    await Promise.all(
      Array.from({ length: 200 }, () => state.update("n", (n) => ((n as number | undefined) ?? 0) + 1)),
    );
    expect(state.get("n")).toBe(200);
  });

  test("is atomic over two openings of one store", async () => {
    const { memory } = await import("../../adapters/memory/index.ts");
    const storage = memory();
    const [a, b] = [await open({ storage }), await open({ storage })];
    const calls = Array.from({ length: 50 }, (_, i) =>
      (i % 2 ? a : b).update("n", (n) => ((n as number | undefined) ?? 0) + 1),
    );
    await Promise.all(calls);
    await Promise.all([a.close(), b.close()]);
    await using again = await open({ storage });
    expect(again.get("n")).toBe(50);
  });

  test("must be synchronous, and its failure changes nothing", async () => {
    await using state = await open();
    await state.set("n", 1);
    await expect(state.update("n", (async () => 2) as never)).rejects.toThrow(TypeError);
    const boom = new RangeError("boom");
    await expect(
      state.update("n", () => {
        throw boom;
      }),
    ).rejects.toBe(boom);
    expect(await state.update("n", (n) => (n as number) + 1)).toMatchObject({ status: "committed" });
    expect(state.get("n")).toBe(2);
  });

  test("is given a value that it may not keep or change", async () => {
    await using state = await open();
    await state.set("s", new Set([1]));
    await state
      .update("s", (old) => {
        (old as Set<number>).add(2);
        throw new RangeError("changed my mind");
      })
      .catch(() => "expected");
    expect(state.get("s")).toEqual(new Set([1]));
  });
});

describe("expectedRevision (T20)", () => {
  test("lets a write through only at that revision; null only where there is nothing", async () => {
    await using state = await open();
    const first = committed(await state.set("k", 1, { expectedRevision: null }));
    expect(state.revision("k")).toBe(first.revision);
    expect(await state.set("k", 2, { expectedRevision: null })).toEqual({
      status: "conflict",
      current: first.revision,
      correlationId: expect.any(String),
    });
    const second = committed(await state.set("k", 2, { expectedRevision: first.revision }));
    expect(await state.delete("k", { expectedRevision: first.revision })).toMatchObject({
      status: "conflict",
      current: second.revision,
    });
    expect(state.get("k")).toBe(2);
    expect(await state.delete("k", { expectedRevision: second.revision })).toMatchObject({
      status: "committed",
    });
    expect(await state.set("k", 3, { expectedRevision: second.revision })).toMatchObject({
      status: "conflict",
      current: undefined,
    });
  });

  test("is met by exactly one of many at once", async () => {
    await using state = await open();
    const { revision } = committed(await state.set("k", 0));
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) => state.set("k", i + 1, { expectedRevision: revision })),
    );
    expect(results.map((r) => r.status).sort()).toEqual([
      ...Array(1).fill("committed"),
      ...Array(9).fill("conflict"),
    ]);
    expect(state.get("k")).toBe(1);
  });
});

describe("a batch (T18)", () => {
  test("is one commit over scopes; for one key the last wins; hooks and events once per change", async () => {
    await using state = await open();
    const asked: string[] = [];
    state.hooks.on("before_state_change", { id: "b" }, (c) => void asked.push(`${c.scopeText} ${c.key}`));
    const told = collect(state, "state.changed");
    const result = committed(
      await state.batch(
        (tx) => {
          tx.set(GLOBAL, "a", 1);
          tx.set(agent("x"), "a", 2);
          tx.set(GLOBAL, "a", 3);
          tx.delete(GLOBAL, "missing");
        },
        { correlationId: "run" },
      ),
    );
    expect(told.map((e) => e.data)).toMatchObject([
      { scope: "agent:x", key: "a", newValue: 2 },
      { scope: "global", key: "a", newValue: 3 },
    ]);
    expect(new Set(told.map((e) => e.revision))).toEqual(new Set([result.revision]));
    expect(asked.sort()).toEqual(["agent:x a", "global a"]);
    expect(state.get("a")).toBe(3);
    expect((await state.timeline("run")).events).toHaveLength(2);
  });

  test("is cancelled as a whole by one veto, or one failure", async () => {
    await using state = await open();
    state.hooks.on("before_state_change", { id: "no", keys: ["b"] }, () => cancel("no b"));
    const both = (tx: { set(s: typeof GLOBAL, k: string, v: unknown): void }) => {
      for (const key of ["a", "b", "c"]) tx.set(GLOBAL, key, 1);
    };
    expect(await state.batch(both)).toMatchObject({ status: "cancelled", by: "no" });
    expect(state.keys()).toEqual([]);
    state.hooks.off("before_state_change", "no");
    state.hooks.on("before_state_change", { id: "broken", keys: ["c"] }, () => {
      throw new TypeError("boom");
    });
    await expect(state.batch(both)).rejects.toMatchObject({ code: "hook_failed" });
    expect(state.keys()).toEqual([]);
  });

  test("takes its values when it is called, refuses what would not come back, and then does nothing", async () => {
    await using state = await open();
    const value = { n: 1 };
    const writing = state.batch((tx) => tx.set(GLOBAL, "v", value));
    value.n = 2;
    await writing;
    expect(state.get("v")).toEqual({ n: 1 });
    await expect(
      state.batch((tx) => {
        tx.set(GLOBAL, "a", 1);
        tx.set(GLOBAL, "f", { g: () => 1 });
      }),
    ).rejects.toMatchObject({ code: "not_serializable", facts: { path: "f.g" } });
    expect(state.has("a")).toBe(false);
  });

  test("cannot be used when its function has returned, and must not wait", async () => {
    await using state = await open();
    let kept: { delete(s: typeof GLOBAL, k: string): void } | undefined;
    await state.batch((tx) => {
      kept = tx;
    });
    expect(() => kept?.delete(GLOBAL, "k")).toThrow(expect.objectContaining({ code: "closed" }));
    await expect(state.batch((async () => undefined) as never)).rejects.toThrow(TypeError);
  });

  test("of nothing is nothing; setMany is the same with a list", async () => {
    await using state = await open();
    const head = state.headRevision;
    expect(await state.batch(() => undefined)).toMatchObject({ status: "committed" });
    expect(state.headRevision).toBe(head);
    await state.setMany([
      { scope: GLOBAL, key: "a", value: 1 },
      { scope: GLOBAL, key: "b", value: undefined },
      { scope: GLOBAL, key: "a", operation: "delete" },
    ]);
    expect(state.keys()).toEqual(["b"]);
  });

  test("larger than a page is still one commit", async () => {
    await using state = await open();
    const told = collect(state, "state.changed");
    const text = "x".repeat(100_000);
    const { revision } = committed(
      await state.batch((tx) => {
        for (let i = 0; i < 60; i++) tx.set(GLOBAL, `k${i}`, text + i);
      }),
    );
    expect(state.size).toBe(60);
    expect(state.revision("k59")).toBe(revision);
    expect(told.map((e) => (e.data as { key: string }).key)).toEqual(
      Array.from({ length: 60 }, (_, i) => `k${i}`),
    );
    expect(new Set(told.map((e) => e.id)).size).toBe(60);
  });
});

test("deleting what is not there changes nothing and tells nothing", async () => {
  await using state = await open();
  const events = collect(state);
  const head = state.headRevision;
  expect(await state.delete("k")).toMatchObject({ status: "committed" });
  expect([events, state.headRevision]).toEqual([[], head]);
});

test("a signal ends what is not queued yet", async () => {
  await using state = await open();
  await expect(state.set("k", 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  const [controller, gate] = [new AbortController(), signal()];
  state.hooks.on("before_state_change", { id: "slow" }, () => gate.promise);
  const writing = state.set("k", 1, { signal: controller.signal });
  await turns();
  controller.abort();
  await expect(writing).rejects.toMatchObject({ code: "aborted" });
  gate.resolve();
  expect(state.has("k")).toBe(false);
});

test("clear removes what is there when its turn comes, in one commit", async () => {
  await using state = await open();
  await state.setMany(["a", "b"].map((key) => ({ scope: GLOBAL, key, value: 1 })));
  const told = collect(state, "state.changed");
  const [, cleared] = await Promise.all([state.set("c", 1), state.clear()]);
  expect(state.keys()).toEqual([]);
  expect(told.map((e) => (e.data as { operation: string }).operation)).toEqual([
    "set",
    "delete",
    "delete",
    "delete",
  ]);
  expect(committed(cleared).revision).toBe(told[3]?.revision);
});

test("state.with binds a correlation to a handle, options go before it, and both share what they show", async () => {
  await using state = await open();
  const bound = state.with({ correlationId: "run", actor: "me" });
  expect(await bound.set("a", 1)).toMatchObject({ correlationId: "run" });
  expect(await bound.set("a", 2, { correlationId: "other" })).toMatchObject({ correlationId: "other" });
  const a = (await bound.agent("a")).with({ causationId: "because" });
  await a.set("k", 1);
  expect((await bound.batch((tx) => tx.set(GLOBAL, "b", 1))).correlationId).toBe("run");
  expect(state.get("a")).toBe(2);
  const events = (await state.timeline("run")).events;
  expect(events.map((e) => e.kind === "change" && [e.scope, e.key, e.actor])).toEqual([
    ["global", "a", "me"],
    ["agent:a", "k", "me"],
    ["global", "b", "me"],
  ]);
});

test("what a hook makes of a value is what everybody gets", async () => {
  await using state = await open();
  state.hooks.on("before_state_change", { id: "trim" }, (c) =>
    typeof c.value === "string" ? modify(c.value.trim()) : undefined,
  );
  const told = collect(state, "state.changed");
  await state.set("k", "  x ");
  expect(state.get("k")).toBe("x");
  expect(told.map((e) => e.data)).toMatchObject([{ newValue: "x" }]);
});
