import { describe, expect, it } from "vitest";
import { agent } from "../../src/ground/scope.ts";
import {
  cache,
  cancel,
  fork,
  modify,
  proceed,
  redirect,
  replace,
  retry,
  skip,
} from "../../src/hooks/result.ts";
import { hookWorld } from "./world.ts";

const POINT = "before_state_change";

describe("a chain of before hooks", () => {
  it("proceeds with the value as it is when nobody objects", async () => {
    const { registry, decide, timersMade } = hookWorld();
    registry.on(POINT, { id: "a" }, () => proceed());
    registry.on(POINT, { id: "b" }, () => undefined);
    registry.on(POINT, { id: "c" }, () => skip("not mine"));
    registry.on(POINT, { id: "d" }, async () => {});
    const value = { big: true };
    const decision = await decide({ value });
    expect(decision).toEqual({ kind: "proceed", value, valueChanged: false, extra: [], runs: [] });
    expect(decision.kind === "proceed" && decision.value).toBe(value);
    expect(timersMade()).toBe(1); // of the asynchronous one only
  });

  it("chains modifications in the order of priority, not of registration", async () => {
    const { registry, decide } = hookWorld();
    registry.on(POINT, { id: "times 2" }, (change) => modify(Number(change.value) * 2));
    registry.on(POINT, { id: "plus 1", priority: 1 }, async (change) => modify(Number(change.value) + 1));
    expect(await decide({ value: 3 })).toMatchObject({ value: 8, valueChanged: true });
  });

  it.each([
    ["replace", replace(7), { kind: "proceed", value: 7, valueChanged: true }],
    ["cancel", cancel("no"), { kind: "cancel", by: "stops", reason: "no", recordValue: false }],
    [
      "redirect",
      redirect(agent("b"), "there"),
      { kind: "redirect", by: "stops", scope: agent("b"), key: "there", value: 2 },
    ],
  ])("ends at %s", async (_, result, expected) => {
    const { registry, decide } = hookWorld();
    let isAsked = false;
    registry.on(POINT, { id: "first" }, () => modify(2));
    registry.on(POINT, { id: "stops" }, () => result);
    registry.on(POINT, { id: "never" }, () => {
      isAsked = true;
    });
    expect(await decide()).toMatchObject(expected);
    expect(isAsked).toBe(false);
  });

  it("gathers forked changes, and goes on", async () => {
    const { registry, decide } = hookWorld();
    registry.on(POINT, { id: "a" }, () => fork([{ key: "audit", value: 1 }]));
    registry.on(POINT, { id: "b" }, () => fork([{ scope: agent("x"), key: "copy", value: 2 }]));
    expect(await decide()).toMatchObject({
      kind: "proceed",
      valueChanged: false,
      extra: [
        { key: "audit", value: 1 },
        { scope: agent("x"), key: "copy", value: 2 },
      ],
    });
  });

  it("gives hooks a subject they cannot change, and values they cannot reach the state by", async () => {
    const { registry, decide, env } = hookWorld();
    const held = new Map([["a", 1]]);
    const copying = {
      ...env,
      values: {
        ...env.values,
        present: (value: unknown) => (value instanceof Map ? new Map(value) : value),
      },
    };
    const sizes: number[] = [];
    for (const id of ["x", "y"]) {
      registry.on(POINT, { id }, (change, context) => {
        expect(Object.isFrozen(change)).toBe(true);
        expect(context.change).toBe(change);
        expect(change.key).toBe("k");
        if (change.value instanceof Map) sizes.push(change.value.set(id, 2).size);
        if (change.oldValue instanceof Map) change.oldValue.clear();
      });
    }
    const decision = await decide({ value: held, oldValue: held, hadOldValue: true }, {}, copying);
    expect(sizes).toEqual([2, 2]);
    expect([...held]).toEqual([["a", 1]]);
    expect(decision.kind === "proceed" && decision.value).toBe(held);
  });

  it("takes from hooks only values that would survive, as they would come back", async () => {
    const { registry, decide, env } = hookWorld();
    const strict = {
      ...env,
      values: {
        ...env.values,
        admit(value: unknown) {
          if (typeof value === "function") throw new TypeError("a function would not come back");
          return Object.freeze(structuredClone(value));
        },
      },
    };
    const mine = { n: 1 };
    const off = registry.on(POINT, { id: "a" }, () => modify(mine));
    const decision = await decide({}, {}, strict);
    mine.n = 2;
    expect(decision).toMatchObject({ value: { n: 1 } });
    off();
    registry.on(POINT, { id: "bad" }, () => fork([{ key: "k", value: () => 1 }]));
    await expect(decide({}, {}, strict)).rejects.toMatchObject({
      code: "hook_failed",
      facts: { hook: "bad" },
    });
  });

  it("tells who, why, as part of what, and whether it is a replay", async () => {
    const { registry, decide } = hookWorld();
    const correlation = { correlationId: "c-9", actor: "ada", causationId: "e-1" };
    registry.on(POINT, { id: "h" }, (_, context) => {
      expect(context).toMatchObject({
        point: POINT,
        hookId: "h",
        correlation,
        attempt: 1,
        replay: true,
      });
    });
    expect(await decide({}, { correlation, replay: true })).toMatchObject({ kind: "proceed" });
  });

  it("joins what hooks write to the commit, and drops what a failed or repeated run wrote", async () => {
    const { registry, decide, advance } = hookWorld();
    const ended: string[] = [];
    const wrote: string[] = [];
    const writes = (hookId: string) => ({
      handle: {
        get: async () => 1,
        set: async (_: unknown, key: string) => void wrote.push(`${hookId}:${key}`),
        delete: async () => {},
      },
      end: (kept: boolean) => void ended.push(`${hookId}:${kept}`),
    });
    registry.on(POINT, { id: "fine" }, async (change, { state }) => state.set(change.scope, "x", 1));
    registry.on(POINT, { id: "fails", onError: "continue" }, async (change, { state }) => {
      await state.set(change.scope, "y", 1);
      throw new TypeError("half way");
    });
    registry.on(POINT, { id: "again" }, async (change, { state, attempt }) => {
      await state.set(change.scope, "z", 1);
      return attempt === 1 ? retry(10, 1) : undefined;
    });
    registry.on(POINT, { id: "untouched" }, () => proceed());
    const decision = decide({}, { writes });
    await advance(20);
    expect(await decision).toMatchObject({ kind: "proceed" });
    expect(wrote).toEqual(["fine:x", "fails:y", "again:z", "again:z"]);
    expect(ended).toEqual(["fine:true", "fails:false", "again:false", "again:true"]);
  });

  it("refuses writes of a hook that has answered", async () => {
    const { registry, decide } = hookWorld();
    let write: () => Promise<void> = async () => {};
    registry.on(POINT, { id: "h" }, (change, { state }) => {
      write = () => state.set(change.scope, "late", 1);
    });
    await decide();
    await expect(write()).rejects.toMatchObject({ code: "closed", facts: { hook: "h" } });
  });

  it("says so where a point has no handle", async () => {
    const { registry, decide } = hookWorld();
    registry.on(POINT, { id: "h" }, async (change, { state }) => void (await state.get(change.scope, "k")));
    await expect(decide()).rejects.toMatchObject({ code: "hook_failed", cause: { code: "unsupported" } });
  });
});

describe("cache", () => {
  it("remembers an answer for its time, for the same operation, scope, key and value", async () => {
    const { registry, decide, advance } = hookWorld();
    let asked = 0;
    registry.on(POINT, { id: "h" }, (change) => {
      asked += 1;
      return cache(100, modify(`checked ${String(change.value)}`));
    });
    expect(await decide({ value: "a" })).toMatchObject({ value: "checked a" });
    expect(await decide({ value: "a" })).toMatchObject({ value: "checked a", valueChanged: true });
    expect(asked).toBe(1);
    await decide({ value: "b" });
    await decide({ value: "b", key: "k2" });
    await decide({ value: "b", scopeText: "custom:sk", key: "2" });
    await decide({ operation: "delete", value: undefined });
    expect(asked).toBe(5);
    await decide({ value: "b", key: "k2" });
    expect(asked).toBe(5);
    await advance(100);
    await decide({ value: "b", key: "k2" });
    expect(asked).toBe(6);
  });

  it("remembers a veto, and does not let another value pass on it", async () => {
    const { registry, decide } = hookWorld();
    registry.on(POINT, { id: "h" }, (change) =>
      cache(1000, change.value === "bad" ? cancel("bad") : proceed()),
    );
    for (let i = 0; i < 2; i++) {
      expect(await decide({ value: "bad" })).toMatchObject({ kind: "cancel", by: "h" });
      expect(await decide({ value: "good" })).toMatchObject({ kind: "proceed" });
    }
  });

  it("is neither used nor filled by a replay", async () => {
    const { registry, decide } = hookWorld();
    let asked = 0;
    registry.on(POINT, { id: "h" }, () => {
      asked += 1;
      return cache(1000);
    });
    await decide({}, { replay: true });
    await decide();
    await decide({}, { replay: true });
    expect(asked).toBe(3);
  });

  it("does not remember values that are large or have no stored form", async () => {
    const { registry, decide } = hookWorld();
    let asked = 0;
    registry.on(POINT, { id: "h" }, () => {
      asked += 1;
      return cache(1000);
    });
    for (const value of ["x".repeat(20_000), () => 1]) {
      await decide({ value });
      await decide({ value });
    }
    expect(asked).toBe(4);
  });
});
