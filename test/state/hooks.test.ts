import { describe, expect, test } from "vitest";
import { cancel, modify, proceed, replace, skip } from "../../src/index.ts";
import { collect, committed, open, signal, turns } from "./world.ts";

describe("a veto (T2)", () => {
  test("is told, is an event, is in the journal, and leaves what was there", async () => {
    await using state = await open();
    await state.set("k", "old");
    const events = collect(state);
    state.hooks.on("before_state_change", { id: "guard", replayable: true }, () => cancel("not today"));
    const run = { correlationId: "run" };
    const head = state.headRevision;
    expect(await state.set("k", "the secret value", run)).toEqual({
      status: "cancelled",
      by: "guard",
      reason: "not today",
      correlationId: "run",
    });
    expect(state.get("k")).toBe("old");
    expect(events.map((e) => [e.type, e.correlation.correlationId])).toEqual([
      ["state.change_cancelled", "run"],
    ]);
    expect(state.headRevision > head).toBe(true);
    const { events: told } = await state.timeline("run");
    expect(told).toMatchObject([
      { kind: "veto", by: "guard", reason: "not today", scope: "global", key: "k" },
    ]);
    expect(told[0]?.runs).toMatchObject([
      { hookId: "guard", result: { kind: "cancel", reason: "not today" } },
    ]);
    // Only size and digest of what was refused.
    expect(JSON.stringify(told)).not.toContain("secret");
    expect(told[0]?.runs[0]?.context.value).toEqual({
      bytes: 18,
      digest: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
  });

  test("keeps the value where the hook asked for it", async () => {
    await using state = await open();
    const options = { id: "guard", replayable: true, recordVetoedValue: true };
    state.hooks.on("before_state_change", options, () => cancel("no"));
    await state.set("k", { a: 1 }, { correlationId: "run" });
    expect((await state.timeline("run")).events).toMatchObject([{ kind: "veto", value: { a: 1 } }]);
  });

  test("of a hook that is not replayable is recorded as well", async () => {
    await using state = await open();
    state.hooks.on("before_state_change", { id: "guard" }, () => cancel("no"));
    await state.set("k", 1, { correlationId: "run" });
    expect(await state.executions("run")).toMatchObject([{ hookId: "guard", correlationId: "run" }]);
  });
});

test("a correlation id is accepted, generated where none is given, and told everywhere (T3)", async () => {
  await using state = await open();
  const events = collect(state);
  const seen: string[] = [];
  state.hooks.on("before_state_change", { id: "watch", replayable: true }, (_, { correlation }) => {
    seen.push(correlation.correlationId);
  });
  const given = await state.set("a", 1, {
    correlationId: "run",
    actor: "me",
    causationId: "cause",
    triggeredBy: "agent",
  });
  const [first, second] = [await state.set("b", 1), await state.set("c", 1)];
  expect(given.correlationId).toBe("run");
  expect(new Set([given, first, second].map((r) => r.correlationId)).size).toBe(3);
  expect(seen).toEqual([given, first, second].map((r) => r.correlationId));
  expect(events.map((e) => e.correlation.correlationId)).toEqual(seen);
  expect(events[0]?.correlation).toEqual({
    correlationId: "run",
    actor: "me",
    causationId: "cause",
    triggeredBy: "agent",
  });
  for (const id of seen) expect((await state.executions(id)).map((run) => run.correlationId)).toEqual([id]);
  expect((await state.timeline("run")).events).toMatchObject([{ actor: "me" }]);
});

describe("after the commit nothing changes its outcome (T8)", () => {
  test("not the failure of an after hook: it is in the result and an event", async () => {
    await using state = await open();
    const events = collect(state, "hook.failed");
    state.hooks.on("after_state_change", { id: "broken" }, () => {
      throw new TypeError("boom");
    });
    state.hooks.on("after_state_change", { id: "too" }, async () => {
      throw new TypeError("bang");
    });
    const result = committed(await state.set("k", 1, { correlationId: "run" }));
    expect(events.map((e) => e.correlation.correlationId)).toEqual(["run", "run"]);
    expect(result.afterErrors.map((f) => [f.hook, f.error.code])).toEqual([
      ["broken", "hook_failed"],
      ["too", "hook_failed"],
    ]);
    expect(events).toHaveLength(2);
    expect(state.get("k")).toBe(1);
  });

  test("not the failure of a subscriber, and the others are told", async () => {
    await using state = await open();
    const failures = collect(state, "subscriber.failed");
    state.events.on("state.changed", () => {
      throw new TypeError("boom");
    });
    state.events.on("state.changed", async () => {
      throw new TypeError("bang");
    });
    const told = collect(state, "state.changed");
    expect(await state.set("k", 1)).toMatchObject({ status: "committed", afterErrors: [] });
    await turns();
    expect(told).toHaveLength(1);
    expect(failures).toHaveLength(2);
  });

  test("an after hook's change of what it is given changes nothing", async () => {
    await using state = await open();
    state.hooks.on("after_state_change", { id: "meddler" }, (change) => {
      (change.value as Set<number>).add(2);
    });
    await state.set("k", new Set([1]));
    expect(state.get("k")).toEqual(new Set([1]));
  });
});

describe("the chain (T28)", () => {
  test("runs by priority, then in the order of registration; each sees what the one before made", async () => {
    await using state = await open();
    const order: string[] = [];
    const add = (id: string, priority: number) =>
      state.hooks.on("before_state_change", { id, priority }, (change) => {
        order.push(id);
        return modify(`${change.value}${id}`);
      });
    add("c", 0);
    add("a", 10);
    add("d", 0);
    add("b", 5);
    await state.set("k", "");
    expect(order).toEqual(["a", "b", "c", "d"]);
    expect(state.get("k")).toBe("abcd");
  });

  test("replace ends it, and what is stored is checked like what a caller gives", async () => {
    await using state = await open();
    state.hooks.on("before_state_change", { id: "one", priority: 2 }, () => replace({ by: "one" }));
    state.hooks.on("before_state_change", { id: "two", priority: 1 }, () => modify("two"));
    await state.set("k", 1);
    expect(state.get("k")).toEqual({ by: "one" });
    state.hooks.off("before_state_change", "one");
    state.hooks.on("before_state_change", { id: "bad", priority: 3 }, () => modify({ f: () => 1 }));
    await expect(state.set("k", 2)).rejects.toMatchObject({ code: "hook_failed", facts: { hook: "bad" } });
    expect(state.get("k")).toEqual({ by: "one" });
  });

  test("sees the old value, also the one that is still on its way", async () => {
    await using state = await open();
    const olds: unknown[] = [];
    state.hooks.on("before_state_change", { id: "watch" }, ({ oldValue, hadOldValue, oldRevision }) => {
      olds.push([oldValue, hadOldValue, oldRevision !== undefined]);
    });
    await Promise.all([state.set("k", 1), state.set("k", 2), state.set("k", undefined)]);
    await state.set("k", 3);
    expect(olds).toEqual([
      [undefined, false, false],
      [1, true, expect.any(Boolean)],
      [2, true, expect.any(Boolean)],
      [undefined, true, true],
    ]);
  });

  test("a deletion and each kind of write pass it (T24)", async () => {
    await using state = await open();
    const asked: string[] = [];
    const told: string[] = [];
    await state.setMany(["a", "b", "c", "d"].map((key) => ({ scope: GLOBAL, key, value: 1 })));
    state.hooks.on("before_state_change", { id: "b" }, (c) => void asked.push(`${c.operation} ${c.key}`));
    state.hooks.on("after_state_change", { id: "a" }, (c) => void told.push(`${c.operation} ${c.key}`));
    const events = collect(state, "state.changed");
    await state.delete("a");
    await state.update("b", (n) => (n as number) + 1);
    await state.batch((tx) => tx.delete(GLOBAL, "c"));
    await state.setWithHooks(GLOBAL, "d", 2);
    await state.clear();
    const all = ["delete a", "set b", "delete c", "set d", "delete b", "delete d"];
    expect(asked).toEqual(all);
    expect(told).toEqual(all);
    expect(
      events.map((e) => `${(e.data as { operation: string }).operation} ${(e.data as { key: string }).key}`),
    ).toEqual(all);
    expect(state.size).toBe(0);
  });

  test("a deletion can be vetoed, or turned into a write", async () => {
    await using state = await open();
    await state.set("k", 1);
    const off = state.hooks.on("before_state_change", { id: "keep" }, (c) =>
      c.operation === "delete" ? cancel("keep") : proceed(),
    );
    expect(await state.delete("k")).toMatchObject({ status: "cancelled" });
    off();
    state.hooks.on("before_state_change", { id: "tomb" }, (c) =>
      c.operation === "delete" ? modify("tomb") : skip("no"),
    );
    expect(await state.delete("k")).toMatchObject({ status: "committed" });
    expect(state.get("k")).toBe("tomb");
  });
});

describe("the breaker (T29)", () => {
  const breaker = { failures: 2, windowMs: 60_000, openMs: 60_000 };

  test("of a guarding hook, once open, refuses the write and asks nobody", async () => {
    await using state = await open();
    let asked = 0;
    state.hooks.on("before_state_change", { id: "guard", breaker }, () => {
      asked++;
      throw new TypeError("down");
    });
    const opened = collect(state, "hook.breaker_opened");
    for (const code of ["hook_failed", "hook_failed", "hook_unavailable", "hook_unavailable"]) {
      await expect(state.set("k", 1)).rejects.toMatchObject({ code });
    }
    expect(asked).toBe(2);
    expect(opened).toHaveLength(1);
    expect(state.has("k")).toBe(false);
  });

  test("of an observing hook lets the write through", async () => {
    await using state = await open();
    state.hooks.on("before_state_change", { id: "o", breaker, onError: "continue" }, () => {
      throw new TypeError("down");
    });
    for (let i = 0; i < 4; i++) expect(await state.set("k", i)).toMatchObject({ status: "committed" });
  });

  test("a slow answer is no failure, a late one rejects, and never looks like a veto", async () => {
    await using state = await open();
    const gate = signal();
    let context: AbortSignal | undefined;
    state.hooks.on("before_state_change", { id: "late", timeoutMs: 5 }, async (_, c) => {
      context = c.signal;
      await gate.promise;
    });
    await expect(state.set("k", 1)).rejects.toMatchObject({ code: "hook_timeout" });
    expect(context?.aborted).toBe(true);
    gate.resolve();
    expect(state.has("k")).toBe(false);
    state.hooks.off("before_state_change", "late");
    expect(await state.set("k", 2)).toMatchObject({ status: "committed" });
  });
});

test("the run of a hook that failed is recorded although nothing was written", async () => {
  await using state = await open();
  state.hooks.on("before_state_change", { id: "broken", replayable: true }, () => {
    throw new TypeError("boom");
  });
  await expect(state.set("k", "secret", { correlationId: "run" })).rejects.toMatchObject({
    code: "hook_failed",
  });
  await state.flush();
  const runs = await state.executions("run");
  expect(runs).toMatchObject([{ hookId: "broken", error: { message: "boom", code: "hook_failed" } }]);
  expect(JSON.stringify(runs)).not.toContain("secret");
});

test("every run of a replayable hook is recorded, of both points, with nothing to be wired (T17, T30)", async () => {
  await using state = await open();
  state.hooks.on("before_state_change", { id: "before", replayable: true, version: "3" }, (c) =>
    modify([c.value]),
  );
  state.hooks.on("before_state_change", { id: "plain" }, () => proceed());
  state.hooks.on("after_state_change", { id: "after", replayable: true }, () => undefined);
  const a = await state.agent("a");
  const result = committed(await a.set("k", 1, { correlationId: "run" }));
  await state.flush();
  const { events } = await state.timeline("run");
  expect(events).toMatchObject([
    { kind: "change", scope: formatAgent, newValue: [1], runs: [{ hookId: "before", version: "3" }] },
    { kind: "runs", of: result.revision, runs: [{ hookId: "after", context: { value: { ref: "change" } } }] },
  ]);
  expect(events[0]?.runs[0]?.context.value).toEqual({ value: 1 });
  expect(events[0]?.runs[0]?.result).toEqual({ kind: "modify", value: { ref: "change" } });
});

const formatAgent = "agent:a";
const GLOBAL = { kind: "global" } as const;
