import { describe, expect, test } from "vitest";
import { agent, cancel, custom, fork, globalScope, redirect, type StateScope } from "../../src/index.ts";
import { degraded, profile } from "../../src/testing.ts";
import { collect, committed, open, signal, turns } from "./world.ts";

const GLOBAL = globalScope();

describe("a hook that writes", () => {
  test("joins the commit: one revision, one page, hooks and events for each change", async () => {
    await using state = await open();
    const asked: string[] = [];
    const events = collect(state, "state.changed");
    state.hooks.on(
      "before_state_change",
      { id: "count", replayable: true },
      async (change, { state: within }) => {
        asked.push(change.key);
        if (change.key !== "k" || change.scope.kind !== "global") return;
        expect(await within.get(GLOBAL, "n")).toBeUndefined();
        await within.set(GLOBAL, "n", 1);
        expect(await within.get(GLOBAL, "n")).toBe(1);
        await within.set(custom("c"), "k", { n: 2 });
      },
    );
    const { revision } = committed(await state.set("k", "v", { correlationId: "run" }));
    expect(asked).toEqual(["k", "n", "k"]);
    expect(events.map((e) => [(e.data as { scope: string }).scope, (e.data as { key: string }).key])).toEqual(
      [
        ["global", "n"],
        ["custom:c", "k"],
        ["global", "k"],
      ],
    );
    expect(new Set(events.map((e) => e.revision))).toEqual(new Set([revision]));
    expect(await state.read(custom("c"), "k")).toEqual({ n: 2 });
    expect(await state.executions("run")).toHaveLength(3);
  });

  test("shares its fate: a veto or a failure takes everything with it", async () => {
    await using state = await open();
    state.hooks.on("before_state_change", { id: "write", priority: 9 }, async (change, { state: within }) => {
      if (change.key === "k") await within.set(custom("c"), "x", 1);
    });
    const off = state.hooks.on("before_state_change", { id: "veto" }, (c) =>
      c.key === "k" ? cancel("no") : undefined,
    );
    expect(await state.set("k", 1)).toMatchObject({ status: "cancelled" });
    expect(await state.read(custom("c"), "x")).toBeUndefined();
    off();
    state.hooks.on("before_state_change", { id: "inner" }, (c) =>
      c.key === "x" ? cancel("not here") : undefined,
    );
    await expect(state.set("k", 1)).rejects.toMatchObject({ code: "hook_failed" });
    expect(state.has("k")).toBe(false);
    expect(await state.scopes()).toEqual([]);
  });

  test("that fails or repeats leaves nothing of the run behind", async () => {
    await using state = await open();
    let runs = 0;
    state.hooks.on(
      "before_state_change",
      { id: "flaky", onError: "continue" },
      async (change, { state: within }) => {
        if (change.key !== "k") return;
        await within.set(GLOBAL, `try${++runs}`, 1);
        throw new TypeError("boom");
      },
    );
    expect(await state.set("k", 1)).toMatchObject({ status: "committed" });
    expect(state.keys()).toEqual(["k"]);
  });

  test("ends with its answer: a handle that is kept is refused", async () => {
    await using state = await open();
    let kept: { set(scope: StateScope, key: string, value: unknown): Promise<void> } | undefined;
    state.hooks.on("before_state_change", { id: "keeper" }, (_, context) => {
      kept = context.state;
    });
    await state.set("k", 1);
    await expect(kept?.set(GLOBAL, "late", 1)).rejects.toMatchObject({ code: "closed" });
    expect(state.keys()).toEqual(["k"]);
  });

  test("calls itself only so deep", async () => {
    await using state = await open();
    state.hooks.on(
      "before_state_change",
      { id: "again", breaker: false },
      async (change, { state: within }) => {
        await within.set(GLOBAL, `${change.key}x`, 1);
      },
    );
    await expect(state.set("k", 1)).rejects.toMatchObject({ code: "hook_failed" });
    expect(state.size).toBe(0);
    state.hooks.off("before_state_change", "again");
    expect(await state.set("k", 1)).toMatchObject({ status: "committed" });
  });

  test("never deadlocks: hooks in two scopes that write to each other, batches in both orders", async () => {
    await using state = await open();
    const [a, b] = [agent("a"), agent("b")];
    const text = (s: StateScope) => (s.kind === "agent" ? s.id : "");
    state.hooks.on(
      "before_state_change",
      { id: "cross", timeoutMs: 10_000 },
      async (change, { state: within }) => {
        if (change.key !== "n") return;
        const other = text(change.scope) === "a" ? b : a;
        const count = (await within.get(other, "count")) as number | undefined;
        await within.set(other, "count", (count ?? 0) + 1);
      },
    );
    const [ha, hb] = [await state.scope(a), await state.scope(b)];
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 25; i++) {
      work.push(ha.set("n", i), hb.set("n", i));
      work.push(
        state.batch((tx) => {
          tx.set(a, "m", i);
          tx.set(b, "m", i);
        }),
        state.batch((tx) => {
          tx.set(b, "o", i);
          tx.set(a, "o", i);
        }),
      );
    }
    await Promise.all(work);
    expect([ha.get("n"), hb.get("n"), ha.get("m"), hb.get("o")]).toEqual([24, 24, 24, 24]);
    // No increment is lost although both scopes' hooks ran at the same time.
    expect([ha.get("count"), hb.get("count")]).toEqual([25, 25]);
  });

  test("may be overtaken: what it read in another scope and is different now makes it run again", async () => {
    await using state = await open();
    const other = await state.scope(custom("other"));
    const [reached, gate] = [signal(), signal()];
    let runs = 0;
    state.hooks.on("before_state_change", { id: "copy", keys: ["copy"] }, async (_, { state: within }) => {
      const value = await within.get(custom("other"), "x");
      if (++runs === 1) {
        reached.resolve();
        await gate.promise;
      }
      await within.set(GLOBAL, "copied", value);
    });
    await other.set("x", 1);
    const copying = state.set("copy", true);
    await reached.promise;
    await other.set("x", 2);
    gate.resolve();
    expect(await copying).toMatchObject({ status: "committed" });
    expect(runs).toBe(2);
    expect(state.get("copied")).toBe(2);
  });

  test("that must run again does not let later writes of its scope go ahead (G5)", async () => {
    const backend = degraded({ capabilities: profile("strong").capabilities });
    await using state = await open({ storage: backend.adapter() });
    const other = await state.scope(custom("other"));
    await state.set("any", 1);
    const [reached, gate] = [signal(), signal()];
    let runs = 0;
    state.hooks.on("before_state_change", { id: "slow" }, async (change, { state: within }) => {
      if (change.value !== "first") return;
      await within.get(custom("other"), "x");
      if (++runs > 1) return;
      reached.resolve();
      await gate.promise;
    });
    const [first, second] = [state.set("k", "first"), state.set("k", "second")];
    await reached.promise;
    const page = backend.freeze(backend.effects + 1);
    const moving = other.set("x", 1);
    await page.reached;
    gate.resolve();
    await turns(100);
    page.thaw();
    await moving;
    const [one, two] = [committed(await first), committed(await second)];
    expect(runs).toBe(2);
    expect(one.revision < two.revision).toBe(true);
    expect(state.get("k")).toBe("second");
  });
});

describe("redirect", () => {
  test("writes there, asks the hooks of that place, and tells them where it came from", async () => {
    await using state = await open();
    const seen: unknown[] = [];
    state.hooks.on("before_state_change", { id: "watch", priority: -1, replayable: true }, (change) => {
      seen.push([change.scopeText, change.key, change.redirectedFrom]);
    });
    state.hooks.on("before_state_change", { id: "away", keys: ["k"], scopes: ["agent"] }, () =>
      redirect(custom("c"), "moved"),
    );
    const a = await state.agent("a");
    const events = collect(state, "state.changed");
    expect(await a.set("k", { v: 1 })).toMatchObject({ status: "committed" });
    expect(seen).toEqual([["custom:c", "moved", { scope: agent("a"), key: "k" }]]);
    expect(a.keys()).toEqual([]);
    expect(await state.read(custom("c"), "moved")).toEqual({ v: 1 });
    expect(events).toHaveLength(1);
  });

  test("takes deletions along, obeys a veto there, and does not go in circles", async () => {
    await using state = await open();
    const c = await state.scope(custom("c"));
    await c.set("moved", 1);
    await state.set("k", 1);
    const off = state.hooks.on("before_state_change", { id: "away", keys: ["k"] }, () =>
      redirect(custom("c"), "moved"),
    );
    await state.delete("k");
    expect([state.get("k"), c.has("moved")]).toEqual([1, false]);
    const back = state.hooks.on("before_state_change", { id: "back", keys: ["moved"] }, () =>
      redirect(GLOBAL, "k"),
    );
    await expect(state.set("k", 2)).rejects.toMatchObject({ code: "hook_failed" });
    back();
    state.hooks.on("before_state_change", { id: "no", keys: ["moved"] }, () => cancel("full"));
    expect(await state.set("k", 2)).toMatchObject({ status: "cancelled", by: "no" });
    off();
    expect(state.get("k")).toBe(1);
  });
});

test("fork adds changes to the commit, in its own scope where none is named, each with hooks", async () => {
  await using state = await open();
  const a = await state.agent("a");
  const asked: string[] = [];
  state.hooks.on("before_state_change", { id: "watch" }, (c) => void asked.push(`${c.scopeText} ${c.key}`));
  state.hooks.on("before_state_change", { id: "fork", keys: ["k"] }, (c) =>
    fork([
      { key: "copy", value: c.value },
      { scope: custom("log"), key: "last", value: "k" },
    ]),
  );
  const { revision } = committed(await a.set("k", [1]));
  expect(a.get("copy")).toEqual([1]);
  expect([a.revision("k"), a.revision("copy")]).toEqual([revision, revision]);
  expect(await state.read(custom("log"), "last")).toBe("k");
  expect(asked.sort()).toEqual(["agent:a copy", "agent:a k", "custom:log last"]);
});
