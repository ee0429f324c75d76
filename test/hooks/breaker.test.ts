import { describe, expect, it } from "vitest";
import { breaker } from "../../src/hooks/breaker.ts";
import { modify, skip } from "../../src/hooks/result.ts";
import { hookWorld } from "./world.ts";

const POINT = "before_state_change";
const OPTIONS = { failures: 3, windowMs: 100, openMs: 50 };

describe("breaker", () => {
  const failAt = (guard: ReturnType<typeof breaker>, now: number) =>
    guard.leave(guard.enter(now), "failure", now);

  it("opens after so many failures within the window", () => {
    const guard = breaker(OPTIONS);
    expect([0, 50, 100].map((now) => failAt(guard, now))).toEqual([false, false, true]);
    expect(guard.enter(100)).toBe("open");
  });

  it("does not add up failures over its life", () => {
    const guard = breaker(OPTIONS);
    for (let i = 0; i < 100; i++) expect(failAt(guard, i * 51)).toBe(false);
    expect(guard.enter(6000)).toBe("call");
  });

  it("lets one call try after an opening, whatever comes meanwhile", () => {
    const guard = breaker({ ...OPTIONS, failures: 1 });
    failAt(guard, 0);
    expect(guard.enter(49)).toBe("open");
    expect(guard.enter(50)).toBe("probe");
    expect(guard.enter(50)).toBe("open");
    expect(guard.enter(1000)).toBe("open");
    expect(guard.leave("probe", "failure", 60)).toBe(true);
    expect(guard.enter(109)).toBe("open");
    expect(guard.enter(110)).toBe("probe");
    expect(guard.leave("probe", "success", 111)).toBe(false);
    expect(guard.enter(111)).toBe("call");
  });

  it("gives the probe to the next call when it was abandoned", () => {
    const guard = breaker({ ...OPTIONS, failures: 1 });
    failAt(guard, 0);
    guard.leave(guard.enter(50), "abandoned", 50);
    expect(guard.enter(50)).toBe("probe");
  });

  it("is not moved by calls that were under way when it opened", () => {
    const guard = breaker({ ...OPTIONS, failures: 1 });
    const [slowSuccess, slowFailure] = [guard.enter(0), guard.enter(0)];
    failAt(guard, 0);
    expect(guard.leave(slowSuccess, "success", 10)).toBe(false);
    expect(guard.leave(slowFailure, "failure", 49)).toBe(false);
    expect(guard.enter(49)).toBe("open");
    expect(guard.enter(50)).toBe("probe");
  });

  it("starts with an empty window after closing", () => {
    const guard = breaker(OPTIONS);
    for (const now of [0, 1, 2]) failAt(guard, now);
    guard.leave(guard.enter(60), "success", 60);
    expect(failAt(guard, 61)).toBe(false);
    expect(failAt(guard, 62)).toBe(false);
    expect(failAt(guard, 63)).toBe(true);
  });
});

describe("hooks behind a breaker", () => {
  const guarded = { id: "h", breaker: { failures: 2, windowMs: 1000, openMs: 500 } };

  it.each(["fail", "cancel"] as const)("reject while it is open under %s: guards fail closed", async (on) => {
    const { registry, decide, advance, opened } = hookWorld();
    let asked = 0;
    let isBroken = true;
    registry.on(POINT, { ...guarded, onError: on }, async () => {
      asked += 1;
      if (isBroken) throw new Error("down");
    });
    await Promise.allSettled([decide(), decide()]);
    expect(opened).toEqual(["h"]);
    await expect(decide()).rejects.toMatchObject({ code: "hook_unavailable", facts: { hook: "h" } });
    expect(asked).toBe(2);
    await advance(500);
    isBroken = false;
    expect(await decide()).toMatchObject({ kind: "proceed" });
    expect(await decide()).toMatchObject({ kind: "proceed" });
    expect(asked).toBe(4);
  });

  it("are skipped when they only observe, and that is reported and recorded", async () => {
    const { registry, decide, failures } = hookWorld();
    registry.on(POINT, { ...guarded, onError: "continue", replayable: true }, () => {
      throw new Error("down");
    });
    registry.on(POINT, { id: "next" }, () => modify(2));
    await decide();
    await decide();
    const decision = await decide();
    expect(decision).toMatchObject({ kind: "proceed", value: 2 });
    expect(decision.runs).toMatchObject([
      { result: skip("its breaker is open"), error: { code: "hook_unavailable" } },
    ]);
    expect(failures.map((failure) => failure.effect)).toEqual(["continued", "continued", "skipped"]);
  });

  it("do not open it by being slow, by a veto, or by a replay's failures", async () => {
    const { registry, decide, advance, opened } = hookWorld();
    registry.on(POINT, { ...guarded, onError: "continue", timeoutMs: 100 }, async (change) => {
      if (change.key === "bad") throw new Error("down");
    });
    for (let i = 0; i < 5; i++) {
      await decide({ key: "bad" }, { replay: true });
      const slow = decide();
      await advance(90);
      await slow;
    }
    expect(opened).toEqual([]);
  });

  it("never open it when there is none", async () => {
    const { registry, decide } = hookWorld();
    let asked = 0;
    registry.on(POINT, { id: "h", breaker: false, onError: "continue" }, () => {
      asked += 1;
      throw new Error("down");
    });
    for (let i = 0; i < 20; i++) await decide();
    expect(asked).toBe(20);
  });

  it("are skipped after a change too, and the others still run", async () => {
    const { registry, conclude } = hookWorld();
    let told = 0;
    registry.on("after_state_change", guarded, () => Promise.reject(new Error("down")));
    registry.on("after_state_change", { id: "next" }, () => void told++);
    await conclude();
    await conclude();
    const { failures } = await conclude();
    expect(failures).toMatchObject([{ effect: "skipped", error: { code: "hook_unavailable" } }]);
    expect(told).toBe(3);
  });
});
