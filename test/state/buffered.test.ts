import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { cancel, globalScope, type PersistenceOptions } from "../../src/index.ts";
import { insideOf } from "../../src/state-manager.ts";
import { degraded, profile } from "../../src/testing.ts";
import { collect, committed, open, turns } from "./world.ts";

/** Nothing is flushed unless the test says so. */
const buffered: PersistenceOptions = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000 };
const strong = profile("strong").capabilities;
const typesOf = (events: readonly { readonly type: string }[]) => events.map((e) => e.type);

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}

describe("buffered mode (G3)", () => {
  test("shows a write at once, marks it dirty, tells of it when it is stored", async () => {
    const storage = memory();
    const state = await open({ storage, persistence: buffered });
    const told = collect(state, "state.*");
    expect(await state.set("a", { n: 1 })).toEqual({ status: "buffered", correlationId: expect.any(String) });
    await state.update("a", (old) => ({ n: (old as { n: number }).n + 1 }));
    await state.set("b", 1);
    await state.delete("b");
    expect([state.get("a"), state.keys(), state.has("b"), state.size]).toEqual([{ n: 2 }, ["a"], false, 1]);
    expect(await state.read(globalScope(), "a")).toEqual({ n: 2 });
    expect([state.dirty, state.lastDurableAt, state.revision("a"), told]).toEqual([
      true,
      undefined,
      undefined,
      [],
    ]);
    const other = await open({ storage });
    expect(other.keys()).toEqual([]);
    await state.flush();
    expect([state.dirty, typeof state.lastDurableAt, state.get("a")]).toEqual([false, "number", { n: 2 }]);
    expect(state.revision("a")).toMatch(/^[0-9a-v]{26}$/);
    expect(typesOf(told)).toEqual(Array(4).fill("state.changed"));
    await Promise.all([state.close(), other.close()]);
  });

  test("close flushes", async () => {
    const storage = memory();
    const state = await open({ storage, persistence: buffered });
    await state.set("a", 1);
    await state.close();
    const again = await open({ storage });
    expect(again.get("a")).toBe(1);
    await again.close();
  });

  test("flushes by time, by number, and at once for keys that are critical", async () => {
    const timed = await open({ persistence: { ...buffered, flushIntervalMs: 5 } });
    await timed.set("a", 1);
    expect(timed.dirty).toBe(true);
    await until(() => !timed.dirty);
    await timed.close();

    const counted = await open({ persistence: { ...buffered, batchSize: 3 } });
    await counted.set("a", 1);
    await counted.set("b", 1);
    await turns(50);
    expect(counted.dirty).toBe(true);
    await counted.set("c", 1);
    await until(() => !counted.dirty);
    await counted.close();

    const critical = await open({
      persistence: { ...buffered, immediateFlushPatterns: ["must:*", "agent:a/*"] },
    });
    await critical.set("may", 1);
    await turns(50);
    expect(critical.dirty).toBe(true);
    await critical.set("must:x", 1);
    await until(() => !critical.dirty);
    await (await critical.agent("a")).set("k", 1);
    await until(() => !critical.dirty);
    await critical.close();
  });

  test("a critical key flushes at whatever moment of another flush it is written", async () => {
    // A flush takes some dozens of turns.
    for (let moment = 0; moment < 100; moment++) {
      const state = await open({ persistence: buffered });
      await state.set("critical:a", 1);
      await turns(moment);
      await state.set("critical:b", 1);
      await until(() => !state.dirty);
      await state.close();
    }
  });

  test("an interval longer than any timer is not none at all", async () => {
    const state = await open({ persistence: { ...buffered, flushIntervalMs: Number.MAX_SAFE_INTEGER } });
    await state.set("a", 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.dirty).toBe(true);
    await state.close();
  });

  test("a write of whoever hears of a failed flush does not put the next try off", async () => {
    const backend = degraded({ capabilities: strong });
    const state = await open({ storage: backend.adapter(), persistence: buffered });
    await state.set("a", 1);
    await state.flush();
    state.events.on("flush.failed", () => void state.set("failures", 1));
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    await state.set("critical:a", 1);
    await until(() => !state.dirty);
    expect(state.get("failures")).toBe(1);
    await state.close();
  });

  test("a failed flush rejects, tells, keeps everything, and a later one stores it in order", async () => {
    const backend = degraded({ capabilities: strong });
    const state = await open({ storage: backend.adapter(), persistence: buffered });
    await state.set("a", 1);
    await state.flush();
    const told = collect(state, "state.changed");
    await state.set("a", 2);
    await state.set("b", 1);
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    await expect(state.flush()).rejects.toMatchObject({ code: "quota" });
    expect([state.dirty, state.get("a"), state.get("b"), told.length]).toEqual([true, 2, 1, 0]);
    await state.set("a", 3);
    await state.flush();
    expect([state.dirty, told.length]).toEqual([false, 3]);
    await state.close();
    const again = await open({ storage: backend.adapter() });
    expect([again.get("a"), again.get("b")]).toEqual([3, 1]);
    await again.close();
  });

  test("a flush that is asked for in the very moment in which another one is rejected settles too", async () => {
    const backend = degraded({ capabilities: strong });
    const state = await open({ storage: backend.adapter(), persistence: buffered });
    await state.set("a", 1);
    await state.flush();
    await state.set("a", 2);
    const { writer } = insideOf(state).engine;
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    let second = "";
    const first = writer.flush().catch(() => {
      void writer.flush().then(() => {
        second = "stored";
      });
    });
    await first;
    await until(() => second !== "");
    expect([second, state.dirty]).toEqual(["stored", false]);
    await state.close();
  });

  test("a flush by time that fails is told and tried again, and nothing is lost", async () => {
    const backend = degraded({ capabilities: strong });
    const state = await open({
      storage: backend.adapter(),
      persistence: { ...buffered, flushIntervalMs: 5 },
    });
    await state.set("a", 0);
    await until(() => !state.dirty);
    const failures = collect(state, "flush.failed");
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    await state.set("a", 1);
    await until(() => failures.length === 1);
    await until(() => !state.dirty);
    await state.close();
    const again = await open({ storage: backend.adapter() });
    expect(again.get("a")).toBe(1);
    await again.close();
  });

  test("a flush flushes everything before it, also what hooks still decide", async () => {
    const state = await open({ persistence: buffered });
    state.hooks.on("before_state_change", { id: "slow" }, () => turns(30));
    const writing = state.set("a", 1);
    await state.flush();
    await writing;
    expect(state.dirty).toBe(false);
    expect(state.get("a")).toBe(1);
    await state.close();
  });

  test("what another writer changed meanwhile is not overwritten: updates run again at the flush", async () => {
    const storage = memory();
    const [a, b] = [await open({ storage, persistence: buffered }), await open({ storage })];
    await b.set("n", 10);
    await a.update("n", (n) => ((n as number | undefined) ?? 0) + 1);
    await b.update("n", (n) => (n as number) + 100);
    await turns(50);
    await a.flush();
    expect(a.get("n")).toBe(111);
    await b.set("touch", 1);
    expect(b.get("n")).toBe(111);
    await Promise.all([a.close(), b.close()]);
  });

  test("a change that is vetoed when it is asked about again leaves the view, and is reported with its value", async () => {
    const storage = memory();
    const [a, b] = [await open({ storage, persistence: buffered }), await open({ storage })];
    await b.set("limit", 10);
    await b.set("k", 1);
    const reader = await open({ storage, persistence: buffered });
    reader.hooks.on("before_state_change", { id: "once", keys: ["k"] }, (c) =>
      c.oldValue === 5 ? cancel("too late") : undefined,
    );
    const told = collect(reader);
    expect(await reader.set("k", 2)).toMatchObject({ status: "buffered" });
    await b.set("k", 5);
    await turns(50);
    await reader.flush();
    expect(reader.get("k")).toBe(5);
    const dropped = told.filter((e) => e.type === "change.dropped");
    expect(dropped.map((e) => e.data)).toMatchObject([{ scope: "global", key: "k", value: 2 }]);
    expect(typesOf(told)).toContain("state.change_cancelled");
    await Promise.all([a.close(), b.close(), reader.close()]);
  });

  test("a veto is told at once, and is in the journal after the flush", async () => {
    const state = await open({ persistence: buffered });
    state.hooks.on("before_state_change", { id: "no" }, () => cancel("no"));
    expect(await state.set("k", 1, { correlationId: "run" })).toMatchObject({ status: "cancelled" });
    await state.flush();
    expect((await state.timeline("run")).events).toMatchObject([{ kind: "veto", by: "no" }]);
    await state.close();
  });

  test("expectedRevision works: the revision decides, so what waits is stored first", async () => {
    const state = await open({ persistence: buffered });
    await state.set("k", 1);
    await state.flush();
    const revision = state.revision("k") ?? "";
    expect(await state.set("k", 2, { expectedRevision: revision })).toMatchObject({ status: "buffered" });
    expect(await state.set("k", 3, { expectedRevision: revision })).toMatchObject({ status: "conflict" });
    expect(state.get("k")).toBe(2);
    await state.close();
  });
});

test("persistence.enabled false: hooks and events work, and the storage is never touched", async () => {
  const storage = memory();
  const state = await open({ storage, persistence: { enabled: false } });
  const told = collect(state, "state.changed");
  let asked = 0;
  state.hooks.on("before_state_change", { id: "b" }, () => void asked++);
  committed(await state.set("a", 1));
  expect([state.get("a"), told.length, asked]).toEqual([1, 1, 1]);
  await state.close();
  const again = await open({ storage });
  expect(again.keys()).toEqual([]);
  await again.close();
});
