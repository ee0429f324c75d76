import { describe, expect, test } from "vitest";
import { isStateError } from "../../src/index.ts";
import { degraded, profile, profiles } from "../../src/testing.ts";
import { collect, committed, handClock, open, turns } from "./world.ts";

const strong = profile("strong").capabilities;

describe.each(profiles.filter((p) => p.capabilities.consistency === "strong"))(
  "memory never runs ahead of $name (T4, G3)",
  ({ capabilities }) => {
    const require = { singleWriter: true };

    test("a write that fails leaves what was there, for readers and after a reopening", async () => {
      const backend = degraded({ capabilities });
      const state = await open({ storage: backend.adapter(), require });
      await state.set("k", "old");
      const events = collect(state, "state.changed");
      backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
      const writing = state.set("k", "new");
      expect(state.get("k")).toBe("old");
      await expect(writing).rejects.toSatisfy((e) => isStateError(e));
      expect(state.get("k")).toBe("old");
      expect(events).toEqual([]);
      await state.close();
      const again = await open({ storage: backend.adapter(), require });
      expect(again.get("k")).toBe("old");
      await again.close();
    });

    test("a write that reports a failure although it landed is found out, and never done twice", async () => {
      const backend = degraded({ capabilities });
      const state = await open({ storage: backend.adapter(), require });
      await state.set("n", 0);
      const events = collect(state, "state.changed");
      for (let at = 1; at <= 3; at++) {
        backend.plan({ at: backend.effects + at, kind: "fail-after" });
        const before = state.get("n") as number;
        const outcome = await state.update("n", (n) => (n as number) + 1).then(committed, (e: unknown) => e);
        const after = state.get("n");
        expect(after).toBe(isStateError(outcome) ? before : before + 1);
      }
      expect(events.map((e) => (e.data as { newValue: number }).newValue)).toEqual(
        Array.from({ length: state.get("n") as number }, (_, i) => i + 1),
      );
      const value = state.get("n");
      await state.close();
      const again = await open({ storage: backend.adapter(), require });
      expect(again.get("n")).toBe(value);
      await again.close();
    });
  },
);

test("nothing is visible before it is durable", async () => {
  const backend = degraded({ capabilities: strong });
  await using state = await open({ storage: backend.adapter() });
  await state.set("k", 1);
  const events = collect(state, "state.changed");
  const page = backend.freeze(backend.effects + 1);
  const writing = state.set("k", 2);
  await page.reached;
  expect([state.get("k"), events.length]).toEqual([1, 0]);
  page.thaw();
  await writing;
  expect([state.get("k"), events.length]).toEqual([2, 1]);
});

test("a failure of one page fails what was queued on top of it or reruns it from what is stored", async () => {
  const backend = degraded({ capabilities: strong });
  await using state = await open({ storage: backend.adapter() });
  await state.set("n", 10);
  const page = backend.freeze(backend.effects + 1);
  backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
  const failing = state.set("n", 100);
  const failed = expect(failing).rejects.toMatchObject({ code: "quota" });
  await page.reached;
  const onTop = state.update("n", (n) => (n as number) + 1);
  await turns(50);
  page.thaw();
  await failed;
  committed(await onTop);
  expect(state.get("n")).toBe(11);
});

test("two writers on one store lose nothing: updates, expected revisions, hooks that saw an old value", async () => {
  const backend = degraded({ capabilities: strong, seed: 7 });
  const [a, b] = [await open({ storage: backend.adapter() }), await open({ storage: backend.adapter() })];
  const olds: unknown[] = [];
  a.hooks.on("before_state_change", { id: "watch", keys: ["n"] }, (c) => void olds.push(c.oldValue));
  const told = collect(a, "state.changed");
  const work: Promise<unknown>[] = [];
  for (let i = 0; i < 20; i++) {
    work.push(a.update("n", (n) => ((n as number | undefined) ?? 0) + 1));
    work.push(b.update("n", (n) => ((n as number | undefined) ?? 0) + 1));
  }
  await Promise.all(work);
  await a.set("last", 1);
  expect(a.get("n")).toBe(40);
  // What was told is the chain of values, from whichever writer, each once.
  const values = told
    .filter((e) => (e.data as { key: string }).key === "n")
    .map((e) => (e.data as { newValue: number }).newValue);
  expect(values).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  await Promise.all([a.close(), b.close()]);
  const again = await open({ storage: backend.adapter() });
  expect(again.get("n")).toBe(40);
  await again.close();
});

test("expectedRevision met by another writer is a conflict that names the newer revision (T20)", async () => {
  const backend = degraded({ capabilities: strong });
  const [a, b] = [await open({ storage: backend.adapter() }), await open({ storage: backend.adapter() })];
  const { revision } = committed(await a.set("k", 1));
  const newer = committed(await b.set("k", 2));
  expect(newer.revision > revision).toBe(true);
  expect(await a.set("k", 3, { expectedRevision: revision })).toMatchObject({
    status: "conflict",
    current: newer.revision,
  });
  expect(a.get("k")).toBe(2);
  await Promise.all([a.close(), b.close()]);
});

test("a store whose outcome cannot be found out turns read-only and says so", async () => {
  const { clock } = handClock();
  const backend = degraded({ capabilities: strong });
  const state = await open({ storage: backend.adapter(), ports: { clock } });
  await state.set("k", 1);
  backend.plan({ at: backend.effects + 1, kind: "fail-after" });
  backend.failReads(1000);
  await expect(state.set("k", 2)).rejects.toMatchObject({ code: "unknown_outcome" });
  await expect(state.set("k", 3)).rejects.toMatchObject({ code: "unknown_outcome" });
  expect(state.get("k")).toBe(1);
  backend.failReads(0);
  await state.close();
  const again = await open({ storage: backend.adapter() });
  expect([1, 2]).toContain(again.get("k"));
  await again.close();
});
