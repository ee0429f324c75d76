import { expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, type BatchWriter, cancel, globalScope, isStateError, proceed } from "../../src/index.ts";
import type { BackendOutcome, RoutedOptions, RoutedState } from "../../src/routing.ts";
import { handClock, open } from "../state/world.ts";
import { collect, failing, route } from "./world.ts";

const researcher = agent("r");

/** The global scope in one store, agents in another. */
async function two(more: RoutedOptions = {}) {
  const [main, agents] = [failing("main"), failing("agents")];
  const overrides = [{ match: "agent", storage: agents.adapter() }];
  const state = await route({ storage: main.adapter(), overrides, ...more });
  return { main: main.backend, agents: agents.backend, state };
}

const both = (tx: BatchWriter) => {
  tx.set(globalScope(), "k", "new");
  tx.set(researcher, "k", "new");
};

async function failureOf(work: Promise<unknown>): Promise<readonly BackendOutcome[]> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isStateError(error)) throw new TypeError(`expected a failure, got ${String(error)}`);
  return error.facts.backends ?? [];
}

const values = async (state: RoutedState) => [state.get("k"), await state.read(researcher, "k")];

test("a batch for one store is that store's: atomic, with its own result", async () => {
  const { state } = await two();
  const result = await state.batch((tx) => {
    tx.set(globalScope(), "a", 1);
    tx.set(globalScope(), "b", 2);
  });
  expect(result).toMatchObject({ status: "committed", durability: "power" });
  expect(result.backends).toEqual([{ backend: "main", status: "committed", revision: state.revision("a") }]);
  expect(state.revision("a")).toBe(state.revision("b"));
  expect(await state.batch(() => undefined)).toMatchObject({ status: "committed" });
  await state.close();
});

test("over several stores each gets its part, under one correlation id, with hooks and one event a change", async () => {
  const { state } = await two();
  const asked: unknown[] = [];
  state.hooks.on("before_state_change", { id: "ask" }, ({ scopeText }, { correlation }) => {
    asked.push([scopeText, correlation.correlationId]);
  });
  const told = collect(state);
  const result = await state.batch((tx) => {
    tx.set(globalScope(), "k", "first");
    both(tx);
  });
  const { correlationId } = result;
  expect(result).toMatchObject({ status: "committed", durability: "power" });
  expect(result.backends.map(({ backend, status }) => [backend, status])).toEqual([
    ["main", "committed"],
    ["agents", "committed"],
  ]);
  expect(asked).toHaveLength(2);
  expect(asked).toEqual(
    expect.arrayContaining([
      ["global", correlationId],
      ["agent:r", correlationId],
    ]),
  );
  expect(told.map(({ correlation }) => correlation.correlationId)).toEqual([correlationId, correlationId]);
  expect(await values(state)).toEqual(["new", "new"]);
  expect((await state.timeline(correlationId)).events).toHaveLength(2);
  await state.close();
});

test("the id that a caller gives or binds is the shared one; the least durability counts", async () => {
  await using state = await route({
    storage: failing("main").adapter(),
    overrides: [{ match: "agent", enabled: false }],
  });
  expect(await state.batch(both, { correlationId: "run" })).toMatchObject({
    correlationId: "run",
    durability: "none",
  });
  expect(await state.with({ correlationId: "bound" }).batch(both)).toMatchObject({ correlationId: "bound" });
  const changes = [
    { scope: globalScope(), key: "k", value: 1 },
    { scope: researcher, key: "k", operation: "delete" as const },
  ];
  await state.setMany(changes);
  expect(await values(state)).toEqual([1, undefined]);
});

test("values are taken as they are when they are given", async () => {
  const { state } = await two();
  const value = { step: 1 };
  await state.batch((tx) => {
    tx.set(globalScope(), "k", value);
    value.step = 2;
    tx.set(researcher, "k", value);
    value.step = 3;
  });
  expect(await values(state)).toEqual([{ step: 1 }, { step: 2 }]);
  await state.close();
});

test("a veto of one part takes the other back, and both stay as they were", async () => {
  const { state } = await two();
  await state.set("k", "old");
  state.hooks.on("before_state_change", { id: "guard", scopes: ["agent"] }, () => cancel("not now"));
  const told = collect(state);
  const result = await state.batch(both);
  expect(result).toMatchObject({ status: "cancelled", by: "guard", reason: "not now" });
  expect(result.backends).toMatchObject([
    { backend: "main", status: "undone" },
    { backend: "agents", status: "cancelled", reason: "hook guard: not now" },
  ]);
  expect(await values(state)).toEqual(["old", undefined]);
  // What was done and taken back has happened: both are changes of their own, under the same id.
  expect(told.map(({ data, correlation }) => [data, correlation.correlationId])).toMatchObject([
    [{ newValue: "new", triggeredBy: "user" }, result.correlationId],
    [{ newValue: "old", triggeredBy: "compensation" }, result.correlationId],
  ]);
  await state.close();
});

test("a store that fails takes the other part back, and the error says what became of each", async () => {
  const { state, agents } = await two();
  await state.set("k", "old");
  agents.plan({ at: agents.effects + 1, kind: "fail-before", as: "quota" });
  const failed = state.batch(both);
  await expect(failed).rejects.toMatchObject({ code: "quota" });
  expect(await failureOf(failed)).toMatchObject([
    { backend: "main", status: "undone" },
    { backend: "agents", status: "failed" },
  ]);
  expect(await values(state)).toEqual(["old", undefined]);
  await state.close();
});

test("a store that was closed is a part that fails, and the other is taken back", async () => {
  const { state } = await two();
  await state.set("k", "old");
  await state.storeOf(researcher).close();
  expect(await failureOf(state.batch(both))).toMatchObject([
    { backend: "main", status: "undone" },
    { backend: "agents", status: "failed" },
  ]);
  expect(state.get("k")).toBe("old");
});

test("taking back restores what there was: values, absence, and the time to live", async () => {
  const { clock, advance } = handClock();
  const { state } = await two({ ports: { clock } });
  await state.set("old", { deep: [1, new Date(0)] });
  await state.set("gone", "was here");
  await state.set("short", 1, { ttlMs: 1000 });
  await state.set("over", 1, { ttlMs: 10 });
  state.hooks.on("before_state_change", { id: "guard", scopes: ["agent"] }, () => {
    advance(100);
    return cancel("no");
  });
  const result = await state.batch((tx) => {
    for (const key of ["old", "short", "over", "fresh"]) tx.set(globalScope(), key, "new");
    tx.delete(globalScope(), "gone");
    tx.set(researcher, "k", 1);
  });
  expect(result.backends[0]).toMatchObject({ status: "undone" });
  expect(Object.fromEntries(state.entries())).toEqual({
    old: { deep: [1, new Date(0)] },
    gone: "was here",
    short: 1,
  });
  advance(901);
  expect(state.has("short")).toBe(false);
  await state.close();
});

test("what a hook added to the commit is taken back with it", async () => {
  const { state } = await two();
  state.hooks.on("before_state_change", { id: "log", keys: ["k"] }, async ({ scope, operation }, context) => {
    if (scope.kind === "agent") return cancel("no");
    if (operation === "set") await context.state.set(scope, "log", "k was set");
    return proceed();
  });
  await state.batch(both);
  expect(state.keys()).toEqual([]);
  await state.close();
});

test("a later change of a key is reported and never overwritten", async () => {
  const { state, agents } = await two();
  await state.set("k", "old");
  await state.set("same", "old");
  const off = state.events.on("state.changed", ({ data }) => {
    if (data.key !== "k" || data.newValue !== "new") return;
    off();
    void state.set("k", "later");
  });
  const frozen = agents.freeze(agents.effects + 1);
  agents.plan({ at: agents.effects + 1, kind: "fail-before", as: "quota" });
  const failed = state.batch((tx) => {
    both(tx);
    tx.set(globalScope(), "same", "new");
  });
  await frozen.reached;
  await state.storeOf(globalScope()).flush();
  expect(state.get("k")).toBe("later");
  frozen.thaw();
  const outcomes = await failureOf(failed);
  expect(outcomes).toMatchObject([
    {
      backend: "main",
      status: "kept",
      kept: [{ scope: "global", key: "k", reason: "it was changed since" }],
    },
    { backend: "agents", status: "failed" },
  ]);
  await expect(failed).rejects.toThrow(/global "k": it was changed since/);
  expect([state.get("k"), state.get("same")]).toEqual(["later", "old"]);
  await state.close();
});

test("a key that was deleted, set and deleted again stays deleted", async () => {
  const { state, agents } = await two();
  await state.set("k", "old");
  const frozen = agents.freeze(agents.effects + 1);
  agents.plan({ at: agents.effects + 1, kind: "fail-before", as: "quota" });
  const failed = state.batch((tx) => {
    tx.delete(globalScope(), "k");
    tx.set(researcher, "k", 1);
  });
  await frozen.reached;
  await state.storeOf(globalScope()).flush();
  await state.set("k", "later");
  await state.delete("k");
  frozen.thaw();
  expect(await failureOf(failed)).toMatchObject([{ status: "kept" }, { status: "failed" }]);
  expect(state.has("k")).toBe(false);
  await state.close();
});

test.each([
  ["set", ["k"], ["later", "old"]],
  ["deleted again, which looks as if nothing had happened", ["gone"], ["old", undefined]],
] as const)(
  "what another writer has %s is not overwritten, also where it is not seen yet",
  async (_, keys, left) => {
    const { state, main, agents } = await two();
    await state.set("k", "old");
    await state.set("gone", "old");
    const other = await open({ storage: main.adapter() });
    const frozen = agents.freeze(agents.effects + 1);
    agents.plan({ at: agents.effects + 1, kind: "fail-before", as: "quota" });
    const failed = state.batch((tx) => {
      both(tx);
      tx.set(globalScope(), "mine", "new");
      tx.delete(globalScope(), "gone");
    });
    await frozen.reached;
    await state.storeOf(globalScope()).flush();
    for (const key of keys) await other.set(key, "later");
    if (left[1] === undefined) await other.delete("gone");
    frozen.thaw();
    const [outcome] = await failureOf(failed);
    expect(outcome?.kept?.map(({ key }) => key)).toEqual(keys);
    expect([state.get("k"), state.get("gone"), state.has("mine")]).toEqual([...left, false]);
    await Promise.all([state.close(), other.close()]);
  },
);

test("a hook is asked about what is taken back, and its veto is reported", async () => {
  const { state } = await two();
  state.hooks.on("before_state_change", { id: "guard" }, ({ scope, operation }) =>
    scope.kind === "agent" || operation === "delete" ? cancel("never") : proceed(),
  );
  const result = await state.batch(both);
  expect(result.backends).toMatchObject([
    { status: "kept", kept: [{ key: "k", reason: "hook guard vetoed it: never" }] },
    { status: "cancelled" },
  ]);
  expect(await values(state)).toEqual(["new", undefined]);
  await state.close();
});

test("a part that changed nothing takes nothing of others back", async () => {
  const { state } = await two();
  await state.set("k", "old");
  state.hooks.on("before_state_change", { id: "guard", scopes: ["agent"] }, () => cancel("no"));
  const result = await state.batch((tx) => {
    tx.delete(globalScope(), "absent");
    tx.set(researcher, "k", 1);
  });
  expect(result.status).toBe("cancelled");
  expect(state.get("k")).toBe("old");
  await state.close();
});

test("where the outcome of a part is not known, the error says so", async () => {
  const { state, agents } = await two();
  await state.set("k", "old");
  await state.setWithHooks(researcher, "first", 1);
  agents.plan({ at: agents.effects + 1, kind: "fail-after" });
  agents.failReads(1000);
  const outcomes = await failureOf(state.batch(both));
  expect(outcomes).toMatchObject([{ status: "undone" }, { backend: "agents", status: "unknown" }]);
  expect(state.get("k")).toBe("old");
});

test("in buffered mode a part is stored before it is taken back, and a part that cannot be says so", async () => {
  const persistence = { mode: "buffered", flushIntervalMs: 60_000 } as const;
  const { state, main } = await two({ persistence });
  await state.set("k", "old");
  expect(await state.batch(both)).toMatchObject({ status: "buffered" });
  await state.flush();
  state.hooks.on("before_state_change", { id: "guard", scopes: ["agent"] }, () => cancel("no"));
  const change = (tx: BatchWriter) => {
    tx.set(globalScope(), "k", "newer");
    tx.set(researcher, "k", "newer");
  };
  expect((await state.batch(change)).backends).toMatchObject([{ status: "undone" }, { status: "cancelled" }]);
  expect(await values(state)).toEqual(["new", "new"]);
  await state.flush();
  main.plan({ at: main.effects + 1, kind: "fail-before" });
  expect((await state.batch(change)).backends).toMatchObject([
    { status: "kept", reason: expect.any(String) },
    { status: "cancelled" },
  ]);
  expect(await values(state)).toEqual(["newer", "new"]);
  await state.close();
});

test("an aborted batch changes nothing anywhere", async () => {
  const { state } = await two();
  const failed = state.batch(both, { signal: AbortSignal.abort() });
  await expect(failed).rejects.toMatchObject({ code: "aborted" });
  expect(await failureOf(failed)).toMatchObject([{ status: "failed" }, { status: "failed" }]);
  expect(await values(state)).toEqual([undefined, undefined]);
  await state.close();
});

test("a large part is taken back whole", async () => {
  const { state } = await two();
  const text = "x".repeat(4000);
  await state.batch((tx) => {
    for (let i = 0; i < 500; i++) tx.set(globalScope(), `k${i}`, i);
  });
  state.hooks.on("before_state_change", { id: "guard", scopes: ["agent"] }, () => cancel("no"));
  const result = await state.batch((tx) => {
    for (let i = 0; i < 500; i++) tx.set(globalScope(), `k${i}`, text);
    tx.set(researcher, "k", 1);
  });
  expect(result.backends[0]).toMatchObject({ status: "undone" });
  expect(state.keys().every((key) => `k${state.get(key)}` === key)).toBe(true);
  await state.close();
});

test("misuse of a batch is refused before anything happens", async () => {
  await using state = await route({ storage: memory() });
  await expect(state.batch((async () => undefined) as () => void)).rejects.toThrow(TypeError);
  await expect(state.batch(both, { ttlMs: 5 })).rejects.toMatchObject({ code: "invalid" });
  await expect(state.setMany([{ scope: globalScope(), key: "k", valeu: 1 }] as never)).rejects.toMatchObject({
    code: "invalid",
  });
  const failed = state.batch((tx) => {
    both(tx);
    tx.set(globalScope(), "bad", { run: () => 1 });
  });
  await expect(failed).rejects.toMatchObject({ code: "not_serializable", facts: { path: "bad.run" } });
  expect(state.size).toBe(0);
});
