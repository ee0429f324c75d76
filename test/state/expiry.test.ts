import { expect, test, vi } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, globalScope } from "../../src/index.ts";
import { engineOf, removeExpired } from "../../src/internal.ts";
import { collect, committed, handClock, open } from "./world.ts";

test("an entry counts as absent after its time: for every read, also of a reopened store and a closed scope (T26)", async () => {
  const storage = memory();
  const { clock, advance } = handClock();
  const state = await open({ storage, ports: { clock } });
  await state.set("k", 1, { ttlMs: 100 });
  await state.set("forever", 1);
  const a = await state.agent("a");
  await a.set("k", 1, { ttlMs: 100 });
  advance(99);
  expect([state.get("k"), state.has("k"), state.size]).toEqual([1, true, 2]);
  advance(1);
  expect([state.get("k"), state.has("k"), state.size, state.keys()]).toEqual([
    undefined,
    false,
    1,
    ["forever"],
  ]);
  expect(state.revision("k")).toBeUndefined();
  expect(await state.read(globalScope(), "k")).toBeUndefined();
  const again = await open({ storage, ports: { clock } });
  expect(again.keys()).toEqual(["forever"]);
  expect((await again.agent("a")).size).toBe(0);
  await Promise.all([state.close(), again.close()]);
});

test("reading removes nothing; a checkpoint does, with an event and without asking before hooks", async () => {
  const { clock, advance } = handClock();
  await using state = await open({ ports: { clock } });
  await state.set("k", 1, { ttlMs: 10 });
  const asked: string[] = [];
  state.hooks.on("before_state_change", { id: "b" }, (c) => void asked.push(c.operation));
  const head = state.headRevision;
  const events = collect(state, "state.changed");
  advance(20);
  expect(state.has("k")).toBe(false);
  expect([state.headRevision, events.length]).toEqual([head, 0]);
  await state.checkpoint();
  expect(events.map((e) => (e.data as { operation: string }).operation)).toEqual(["expire"]);
  expect(asked).toEqual([]);
  await state.checkpoint();
  expect(events).toHaveLength(1);
});

test("a new value before or after the time is up stands on its own", async () => {
  const { clock, advance } = handClock();
  await using state = await open({ ports: { clock } });
  await state.set("k", 1, { ttlMs: 10 });
  await state.set("k", 2);
  advance(20);
  await state.checkpoint();
  expect(state.get("k")).toBe(2);
  await state.set("k", 3, { ttlMs: 10 });
  advance(20);
  expect(await state.set("k", 4, { expectedRevision: null })).toMatchObject({ status: "committed" });
  expect(await state.update("n", (old) => (old === undefined ? "new" : "old"), { ttlMs: 10 })).toMatchObject({
    status: "committed",
  });
  advance(20);
  await state.update("n", (old) => (old === undefined ? "new again" : "old"));
  expect([state.get("k"), state.get("n")]).toEqual([4, "new again"]);
});

test("a hook sees an expired entry as absent, and the time of one that is written", async () => {
  const { clock, advance } = handClock();
  await using state = await open({ ports: { clock } });
  const seen: unknown[] = [];
  state.hooks.on(
    "before_state_change",
    { id: "b" },
    (c) => void seen.push([c.hadOldValue, c.oldValue, c.ttlMs]),
  );
  await state.set("k", 1, { ttlMs: 10 });
  advance(20);
  await state.set("k", 2);
  expect(seen).toEqual([
    [false, undefined, 10],
    [false, undefined, undefined],
  ]);
});

test("deleting an expired entry is deleting nothing", async () => {
  const { clock, advance } = handClock();
  await using state = await open({ ports: { clock } });
  const { revision } = committed(await state.set("k", 1, { ttlMs: 10 }));
  advance(20);
  const events = collect(state, "state.changed");
  expect(await state.delete("k")).toMatchObject({ status: "committed" });
  expect(state.headRevision).toBe(revision);
  expect(events).toEqual([]);
});

test("removing what has expired from all scopes does not need all of them in memory", async () => {
  const storage = memory();
  const first = await open({ storage });
  for (let i = 0; i < 100; i++) await first.setWithHooks(agent(`a${i}`), "k", i);
  await first.close();
  await using state = await open({ storage, persistence: { cacheSizeLimit: 10 } });
  const { views } = engineOf(state);
  const { hold } = views;
  let most = 0;
  vi.spyOn(views, "hold").mockImplementation(async (text) => {
    const view = await hold(text);
    most = Math.max(most, [...views.all()].length);
    return view;
  });
  await removeExpired(state);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(20);
});
