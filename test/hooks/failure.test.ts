import { describe, expect, it } from "vitest";
import { StateError } from "../../src/ground/error.ts";
import type { RunDraft } from "../../src/hooks/draft.ts";
import { cancel, modify, proceed, retry } from "../../src/hooks/result.ts";
import { hookWorld } from "./world.ts";

const POINT = "before_state_change";
const never = () => new Promise<undefined>(() => {});
const boom = () => {
  throw new RangeError("boom");
};

describe("a before hook that fails", () => {
  it("rejects the operation by default, naming the hook and the cause", async () => {
    const { registry, decide, failures } = hookWorld();
    registry.on(POINT, { id: "h" }, boom);
    await expect(decide()).rejects.toMatchObject({
      code: "hook_failed",
      facts: { hook: "h" },
      cause: { message: "boom" },
    });
    expect(failures).toMatchObject([{ hook: "h", point: POINT, effect: "rejected" }]);
  });

  it("goes on under continue, and reports", async () => {
    const { registry, decide, failures } = hookWorld();
    registry.on(POINT, { id: "h", onError: "continue" }, async () => boom());
    registry.on(POINT, { id: "next" }, () => modify(5));
    expect(await decide()).toMatchObject({ kind: "proceed", value: 5 });
    expect(failures).toMatchObject([{ hook: "h", effect: "continued" }]);
  });

  it("vetoes under cancel, with the error as the reason", async () => {
    const { registry, decide, failures } = hookWorld();
    registry.on(POINT, { id: "h", onError: "cancel" }, boom);
    const decision = await decide();
    expect(decision).toMatchObject({ kind: "cancel", by: "h", error: { code: "hook_failed" } });
    expect(decision.kind === "cancel" && decision.reason).toContain("boom");
    expect(failures).toMatchObject([{ effect: "vetoed" }]);
  });

  it("fails also by throwing what is no error, or an error of another store", async () => {
    const { registry, decide } = hookWorld();
    registry.on(POINT, { id: "h" }, () => Promise.reject("text"));
    await expect(decide()).rejects.toMatchObject({ code: "hook_failed", cause: "text" });
    registry.off(POINT, "h");
    const foreign = new StateError("hook_timeout", "elsewhere", { hook: "other" });
    registry.on(POINT, { id: "h" }, () => Promise.reject(foreign));
    await expect(decide()).rejects.toMatchObject({
      code: "hook_failed",
      facts: { hook: "h" },
      cause: foreign,
    });
  });

  it("by an unfit result is never taken for proceed", async () => {
    const { registry, decide } = hookWorld();
    registry.on(POINT, { id: "h" }, () => JSON.parse('{ "kind": "Cancel", "reason": "x" }'));
    await expect(decide()).rejects.toMatchObject({ code: "hook_failed" });
  });

  it("hands over the runs so far when it rejects", async () => {
    const { registry, decide } = hookWorld();
    const rejected: (readonly RunDraft[])[] = [];
    registry.on(POINT, { id: "fine", replayable: true }, () => proceed());
    registry.on(POINT, { id: "plain" }, () => proceed());
    registry.on(POINT, { id: "bad", replayable: true }, boom);
    await expect(decide({}, { onRejected: (runs) => rejected.push(runs) })).rejects.toThrow();
    expect(rejected.flat().map((run) => run.hook.id)).toEqual(["fine", "bad"]);
    expect(rejected.flat().at(-1)).toMatchObject({ error: { code: "hook_failed" } });
  });
});

describe("a hook's time", () => {
  it("is enforced, and its signal aborts", async () => {
    const { registry, decide, advance, timers } = hookWorld();
    let signal: AbortSignal | undefined;
    registry.on(POINT, { id: "slow", timeoutMs: 100 }, (_, context) => {
      signal = context.signal;
      return never();
    });
    const decision = decide();
    const rejection = expect(decision).rejects.toMatchObject({
      code: "hook_timeout",
      facts: { hook: "slow" },
    });
    await advance(99);
    expect(signal?.aborted).toBe(false);
    await advance(1);
    await rejection;
    expect(signal?.aborted).toBe(true);
    expect(signal?.reason).toMatchObject({ code: "hook_timeout" });
    expect(timers()).toBe(0);
  });

  it("ignores answers and failures that come later, and writes too", async () => {
    const { registry, decide, advance, settleMicrotasks, failures } = hookWorld();
    const late: ((fails: boolean) => void)[] = [];
    let write: () => Promise<void> = async () => {};
    const writes = () => ({
      handle: { get: async () => 1, set: async () => {}, delete: async () => {} },
      end: () => {},
    });
    registry.on(POINT, { id: "slow", timeoutMs: 10, onError: "continue" }, (change, { state }) => {
      write = () => state.set(change.scope, "late", 1);
      return new Promise((resolve, reject) => {
        late.push((fails) => (fails ? reject(new Error("late")) : resolve(cancel("late"))));
      });
    });
    for (const fails of [true, false]) {
      const decision = decide({}, { writes });
      await advance(10);
      expect(await decision).toMatchObject({ kind: "proceed" });
      late.shift()?.(fails);
      await settleMicrotasks();
      await expect(write()).rejects.toMatchObject({ code: "closed" });
    }
    expect(failures.map((failure) => failure.error.code)).toEqual(["hook_timeout", "hook_timeout"]);
  });

  it("leaves no timer behind when the answer comes in time", async () => {
    const { registry, decide, timers } = hookWorld();
    registry.on(POINT, { id: "h" }, async () => modify(2));
    expect(await decide()).toMatchObject({ value: 2 });
    expect(timers()).toBe(0);
  });

  it("ends with the operation, which is no failure of the hook", async () => {
    const { registry, decide, failures, settleMicrotasks, timers } = hookWorld();
    const operation = new AbortController();
    let signal: AbortSignal | undefined;
    registry.on(
      POINT,
      { id: "h", onError: "continue", breaker: { failures: 1, windowMs: 1, openMs: 1 } },
      (_, c) => {
        signal = c.signal;
        return never();
      },
    );
    const decision = decide({}, { signal: operation.signal });
    const rejection = expect(decision).rejects.toMatchObject({ code: "aborted" });
    await settleMicrotasks();
    operation.abort(new Error("enough"));
    await rejection;
    expect(signal?.aborted).toBe(true);
    expect(failures).toEqual([]);
    expect(timers()).toBe(0);
    await expect(decide({}, { signal: operation.signal })).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("retry", () => {
  it("asks the same hook again after the delay", async () => {
    const { registry, decide, advance } = hookWorld();
    const attempts: number[] = [];
    registry.on(POINT, { id: "h" }, (_, { attempt }) => {
      attempts.push(attempt);
      return attempt < 3 ? retry(100, 5) : modify("ready");
    });
    const decision = decide();
    await advance(99);
    expect(attempts).toEqual([1]);
    await advance(1);
    expect(attempts).toEqual([1, 2]);
    await advance(100);
    expect(await decision).toMatchObject({ value: "ready" });
  });

  it("counts as a failure when its attempts are used up; a hook cannot extend them", async () => {
    const { registry, decide, advance, failures } = hookWorld();
    let asked = 0;
    registry.on(POINT, { id: "h" }, () => {
      asked += 1;
      return retry(10, asked + 1);
    });
    const rejection = expect(decide()).rejects.toMatchObject({ code: "hook_failed", facts: { hook: "h" } });
    await advance(1000);
    await rejection;
    expect(asked).toBe(3);
    expect(failures.length).toBe(1);
  });

  it("waits no longer when the operation ends", async () => {
    const { registry, decide, settleMicrotasks, timers } = hookWorld();
    const operation = new AbortController();
    registry.on(POINT, { id: "h" }, () => retry(10_000, 1));
    const rejection = expect(decide({}, { signal: operation.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    await settleMicrotasks();
    operation.abort();
    await rejection;
    expect(timers()).toBe(0);
  });
});

describe("after hooks", () => {
  it("are all asked, in order, and their failures gathered", async () => {
    const { registry, conclude, failures } = hookWorld();
    const asked: string[] = [];
    const POINT_AFTER = "after_state_change";
    registry.on(POINT_AFTER, { id: "late", priority: -1, replayable: true }, () => void asked.push("late"));
    registry.on(POINT_AFTER, { id: "throws", onError: "fail" }, () => {
      asked.push("throws");
      boom();
    });
    registry.on(POINT_AFTER, { id: "rejects" }, async () => {
      asked.push("rejects");
      boom();
    });
    registry.on(POINT_AFTER, { id: "cancels" }, () => {
      asked.push("cancels");
      return cancel("too late");
    });
    const aftermath = await conclude();
    expect(asked).toEqual(["throws", "rejects", "cancels", "late"]);
    expect(aftermath.failures.map((failure) => [failure.hook, failure.error.code])).toEqual([
      ["throws", "hook_failed"],
      ["rejects", "hook_failed"],
      ["cancels", "hook_failed"],
    ]);
    expect(failures).toEqual(aftermath.failures);
    expect(aftermath.runs.map((run) => run.hook.id)).toEqual(["late"]);
  });

  it("may be retried, and time out", async () => {
    const { registry, conclude, advance } = hookWorld();
    let attempts = 0;
    registry.on("after_state_change", { id: "flaky" }, () => (++attempts === 1 ? retry(5, 1) : undefined));
    registry.on("after_state_change", { id: "slow", timeoutMs: 10 }, never);
    const aftermath = conclude();
    await advance(20);
    expect((await aftermath).failures).toMatchObject([{ hook: "slow", error: { code: "hook_timeout" } }]);
    expect(attempts).toBe(2);
  });
});
