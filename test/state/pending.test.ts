import { afterEach, describe, expect, test } from "vitest";
import { readAgentState } from "../../src/agents.ts";
import { agent, globalScope, StateError } from "../../src/index.ts";
import { createTestAgent, createTestAgentState } from "../../src/testing.ts";
import { buffered, data, endAll, origin, vanish } from "./pending-world.ts";
import { collect, open, turns } from "./world.ts";

afterEach(endAll);

describe("what could not be flushed before the end", () => {
  test("is taken in by the next opening, as ordinary changes with hooks and events, and cleared", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("kept", 1);
    await first.state.flush();
    const head = first.state.headRevision;
    await first.state.set("a", { when: new Date(5), bytes: new Uint8Array([1, 255]) }, { actor: "me" });
    await first.state.set("kept", 2, { correlationId: "run" });
    await first.state.set("kept", 3, { correlationId: "run" });
    await (await first.state.agent("x")).set("plan", ["one"]);
    await first.state.set("gone", 1);
    await first.state.delete("gone");
    vanish(at, first);
    expect(at.around.entries.size).toBe(6);

    const { state } = await at.live();
    const told = collect(state, "state.changed");
    const asked: unknown[] = [];
    state.hooks.on("before_state_change", { id: "b" }, (change, { correlation }) => {
      asked.push([change.key, correlation.recovered]);
    });
    await state.flush();
    expect(state.get("a")).toEqual({ when: new Date(5), bytes: new Uint8Array([1, 255]) });
    expect([state.get("kept"), state.has("gone")]).toEqual([3, false]);
    expect((await state.agent("x")).get("plan")).toEqual(["one"]);
    expect(asked).toEqual(["a", "kept", "kept", "plan", "gone", "gone"].map((key) => [key, true]));
    expect(data(told)).toMatchObject([
      { key: "a", operation: "set" },
      { key: "kept", oldValue: 1, newValue: 2 },
      { key: "kept", oldValue: 2, newValue: 3 },
      { scope: "agent:x", key: "plan" },
      { key: "gone", operation: "set" },
      { key: "gone", operation: "delete" },
    ]);
    expect(told[0]?.correlation).toMatchObject({ actor: "me", recovered: true });
    expect(at.around.entries.size).toBe(0);
    expect((await state.timeline("run")).events.map((e) => "newValue" in e && e.newValue)).toEqual([2, 3]);
    const reader = await open({ storage: at.backend.adapter(), require: { readOnly: true } });
    const changes: string[] = [];
    for await (const event of reader.events.since(head)) {
      expect(event.correlation.recovered).toBe(true);
      changes.push(event.id);
      if (changes.length === 6) break;
    }
    expect(new Set(changes).size).toBe(6);
    await reader.close();
  });

  test("is nothing where the flush landed, though the entry was left", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    await first.state.set("b", 1, { correlationId: "run" });
    await first.state.set("b", 2, { correlationId: "run" });
    first.program.dieAt(4); // three entries, and no way to clear them
    await first.program.suspend();
    expect(at.around.entries.size).toBe(3);
    at.kill(first);

    const { state } = await at.live();
    const told = collect(state);
    const head = state.headRevision;
    await state.flush();
    expect([state.get("a"), state.get("b"), state.headRevision]).toEqual([1, 2, head]);
    expect(told.filter(({ type }) => type !== "status.changed")).toEqual([]);
    expect(at.around.entries.size).toBe(0);
  });

  test("is in the journal's order also where only the first of it landed", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1, { correlationId: "run" });
    void first.program.suspend();
    await first.state.set("k", 2, { correlationId: "run" });
    await first.state.set("k", 3, { correlationId: "run" });
    void first.program.suspend();
    first.program.die();
    // The journal's beginning, then the page with 1; the one with 2 and 3 comes too late.
    at.backend.plan({ at: at.backend.effects + 3, kind: "crash-before" });
    await turns(200);
    at.kill(first);
    expect([at.around.entries.size, at.backend.effects]).toEqual([3, 3]);
    const { state } = await at.live();
    await state.flush();
    expect(state.get("k")).toBe(3);
    expect((await state.timeline("run")).events.map((e) => "newValue" in e && e.newValue)).toEqual([1, 2, 3]);
  });

  test("keeps batches whole, expiry, and what agents' records announce", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.batch((tx) => {
      tx.set(globalScope(), "a", 1);
      tx.set(agent("x"), "b", 2);
    });
    await first.state.set("brief", 1, { ttlMs: 60_000 });
    await createTestAgent(createTestAgentState("x", { notes: [1] })).saveState(first.state);
    vanish(at, first);
    const { state } = await at.live();
    const told = collect(state, "state.changed");
    const saved = collect(state, "agent_state.saved");
    await state.flush();
    const [one, two] = told;
    expect(data(saved)).toEqual([{ agent: "x" }]);
    expect((await readAgentState(state, "x"))?.state).toEqual({ notes: [1] });
    expect(one?.revision).toBe(two?.revision);
    expect([state.get("a"), (await state.agent("x")).get("b"), state.get("brief")]).toEqual([1, 2, 1]);
    await state.close();
    const late = await open({
      storage: at.backend.adapter(),
      ports: { clock: { now: () => Date.now() + 61_000, elapsed: () => 0 } },
    });
    expect([late.has("a"), late.has("brief")]).toEqual([true, false]);
    await late.close();
  });

  test("is told from others under its id, also where the caller gave a generated id back", async () => {
    const at = origin();
    const first = await at.live();
    const { correlationId } = await first.state.set("a", 1);
    await first.state.flush();
    await first.state.set("b", 1, { correlationId });
    await first.state.set("c", 1, { correlationId });
    vanish(at, first);
    const { state } = await at.live();
    await state.flush();
    await state.checkpoint();
    const { events } = await state.timeline(correlationId);
    expect(events.map((event) => "key" in event && event.key)).toEqual(["a", "b", "c"]);
  });

  test("is taken in where the next opening is not buffered", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    await first.state.set("a", 2);
    vanish(at, first);
    const { state } = await at.live({ persistence: {} });
    await state.flush();
    expect([state.get("a"), at.around.entries.size]).toEqual([2, 0]);
  });

  test("is still there when the next life ends before it could be taken in", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    vanish(at, first);
    const { effects } = at.backend;
    const second = await at.live();
    await second.state.close();
    expect([at.backend.effects, at.around.entries.size]).toEqual([effects, 1]);
  });

  test("is taken in by the same program, once it has closed the store that could not keep it", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    at.backend.plan(
      { at: at.backend.effects + 1, kind: "fail-before", as: "quota" },
      { at: at.backend.effects + 2, kind: "fail-before", as: "quota" },
    );
    await first.program.suspend();
    await expect(first.state.close()).rejects.toMatchObject({ code: "quota" });
    const state = await open({
      storage: at.backend.adapter(),
      persistence: buffered,
      ports: { lifecycle: first.program.lifecycle },
    });
    await state.flush();
    expect([state.get("a"), at.around.entries.size]).toEqual([1, 0]);
    await state.close();
  });

  test("is left for the next opening by a close that cannot store it", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before", as: "quota" });
    await expect(first.state.close()).rejects.toMatchObject({ code: "quota" });
    const { state } = await at.live();
    await state.flush();
    expect([state.get("a"), at.around.entries.size]).toEqual([1, 0]);
  });

  test("is not for the memory that stands in for a storage", async () => {
    const at = origin();
    at.around.entries.set("w.0", "{");
    const program = at.around.program();
    const state = await open({
      storage: {
        name: "private",
        fallback: "memory",
        open: () => Promise.reject(new StateError("unsupported", "no storage here")),
        lifecycle: program.lifecycle,
      },
      persistence: buffered,
    });
    const failed = collect(state, "pending.failed");
    await state.set("a", 1);
    expect(program.suspend()).toBeUndefined();
    await state.flush();
    expect([failed.length, program.operations, program.listeners]).toEqual([0, 0, 0]);
    await state.close();
  });

  test("waits for an opening that may write", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("a", 1);
    vanish(at, first);
    const reader = await at.live({ require: { readOnly: true } });
    await turns(50);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([reader.state.has("a"), at.around.entries.size]).toEqual([false, 1]);
    const effects = at.backend.effects;
    await reader.state.close();
    expect(at.backend.effects).toBe(effects);
  });
});
