import { expect, test } from "vitest";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { memory } from "../../adapters/memory/index.ts";
import { agent, globalScope, proceed, StateManager, step } from "../../src/index.ts";
import { inFolder, open } from "./world.ts";

test("state survives a restart (R162)", () =>
  inFolder(async (path) => {
    let state = await open({ storage: filesystem({ path }) });
    await state.setWithHooks(agent("a"), "plan", { step: 2, when: new Date(7) });
    await state.set("k", undefined);
    expect((await state.agent("a")).get("plan")).toEqual({ step: 2, when: new Date(7) });
    await state.close();

    state = await open({ storage: filesystem({ path }) });
    const a = await state.agent("a");
    expect(a.get("plan")).toEqual({ step: 2, when: new Date(7) });
    expect(state.has("k")).toBe(true);
    expect(state.get("k")).toBeUndefined();
    expect(state.has("l")).toBe(false);
    await state.close();
  }));

test("what was committed is there for a reader although the writer never closed", () =>
  inFolder(async (path) => {
    const writer = await open({ storage: filesystem({ path }) });
    await writer.set("n", 1);
    await writer.batch((tx) => {
      for (let i = 0; i < 50; i++) tx.set(step("w", `${i}`), "k", i);
    });
    await writer.set("n", 2);
    const reader = await open({ storage: filesystem({ path }), require: { readOnly: true } });
    expect((await reader.scope(step("w", "49"))).get("k")).toBe(49);
    expect([1, 2]).toContain(reader.get("n"));
    await reader.close();
    await writer.close();
  }));

test("dropping a manager without close loses nothing that was committed", async () => {
  const storage = memory();
  const first = await open({ storage });
  await first.set("n", 1);
  const second = await open({ storage });
  expect(second.get("n")).toBe(1);
  await second.set("n", 2);
  expect((await open({ storage })).get("n")).toBe(2);
});

test("hook history is persisted: executions of the correlation id, also after a reopening (R165, T17, T30)", () =>
  inFolder(async (path) => {
    let state = await open({ storage: filesystem({ path }) });
    state.hooks.on("before_state_change", { id: "test-hook", replayable: true }, () => proceed());
    state.hooks.on("after_state_change", { id: "told", replayable: true }, () => undefined);
    await state.setWithHooks(globalScope(), "key", "value", { correlationId: "run-1" });
    await state.set("other", 1, { correlationId: "run-2" });
    await state.flush();
    const before = await state.executions("run-1");
    await state.close();

    state = await open({ storage: filesystem({ path }) });
    const runs = await state.executions("run-1");
    expect(runs).toEqual(before);
    expect(runs.map(({ hookId, correlationId, point }) => [hookId, correlationId, point])).toEqual([
      ["test-hook", "run-1", "before_state_change"],
      ["told", "run-1", "after_state_change"],
    ]);
    expect(new Set(runs.map((run) => run.executionId)).size).toBe(2);
    await state.checkpoint();
    expect(await state.executions("run-1")).toEqual(before);
    await state.close();
  }));

test("a timeline has every change under its id, in order, with values, also after a checkpoint and a reopening (R166)", async () => {
  const storage = memory();
  let state = await open({ storage });
  const run = state.with({ correlationId: "run" });
  await run.set("key1", "value1");
  await run.set("key2", "value2");
  await state.set("key2", "not of the run");
  await run.set("key1", "updated_value1");
  const seen = async () =>
    (await state.timeline("run")).events.map((e) => (e.kind === "change" ? [e.key, e.newValue] : [e.kind]));
  const expected = [
    ["key1", "value1"],
    ["key2", "value2"],
    ["key1", "updated_value1"],
  ];
  expect(await seen()).toEqual(expected);
  await state.checkpoint();
  expect(await seen()).toEqual(expected);
  await state.set("more", 1, { correlationId: "run" });
  await state.close();
  state = await open({ storage });
  expect(await seen()).toEqual([...expected, ["more", 1]]);
  expect((await state.timeline("unknown")).events).toEqual([]);
  await state.close();
});

test("the id of a write that named none leads to it as well, also after a checkpoint and many more writes", async () => {
  const storage = memory();
  let state = await open({ storage });
  state.hooks.on("after_state_change", { id: "told", replayable: true, keys: ["a"] }, () => undefined);
  const { correlationId } = await state.set("a", 1);
  for (let i = 0; i < 30; i++) await state.set(`k${i}`, i);
  const kinds = async () => (await state.timeline(correlationId)).events.map((e) => e.kind);
  expect(await kinds()).toEqual(["change", "runs"]);
  await state.checkpoint();
  expect(await kinds()).toEqual(["change", "runs"]);
  await state.close();
  state = await open({ storage });
  expect(await kinds()).toEqual(["change", "runs"]);
  await state.close();
});

test("an id that the store generated may be used again, and leads to all of it", async () => {
  await using state = await open();
  const { correlationId } = await state.set("a", 1);
  await state.set("between", 1);
  await state.set("b", 2, { correlationId });
  const keys = async () =>
    (await state.timeline(correlationId)).events.map((e) => (e.kind === "change" ? e.key : e.kind));
  expect(await keys()).toEqual(["a", "b"]);
  await state.checkpoint();
  await state.with({ correlationId }).set("c", 3);
  expect(await keys()).toEqual(["a", "b", "c"]);
  await state.checkpoint();
  expect(await keys()).toEqual(["a", "b", "c"]);
});

test("opening and reading write nothing, and an empty store stays empty", async () => {
  const storage = memory();
  const state = await open({ storage });
  expect(state.get("a")).toBeUndefined();
  await state.scope(agent("a"));
  expect(await state.read(agent("b"), "k")).toBeUndefined();
  expect(await state.scopes()).toEqual([]);
  expect((await state.timeline("x")).events).toEqual([]);
  await state.close();
  const store = await storage.open({ readOnly: true });
  for await (const chunk of store.scan({ from: "" as never, to: "~" as never })) expect(chunk).toEqual([]);
  await store.close();
});

test("StateManager.inMemory is a store of this process", async () => {
  const state = await StateManager.inMemory();
  expect(await state.set("a", 1)).toMatchObject({ status: "committed", durability: "none" });
  expect(state.storageMode).toBe("memory");
  await state.close();
});
