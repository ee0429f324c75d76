import { describe, expect, it } from "vitest";
import { isStateError } from "../../src/ground/error.ts";
import { agent, user } from "../../src/ground/scope.ts";
import { hookRegistry } from "../../src/hooks/registry.ts";
import { modify } from "../../src/hooks/result.ts";
import { hookWorld } from "./world.ts";

const POINT = "before_state_change";
const nothing = () => undefined;

describe("hook registry", () => {
  it("lists by priority, equal ones in the order of registration", () => {
    const hooks = hookRegistry();
    hooks.on(POINT, { id: "a" }, nothing);
    hooks.on(POINT, { id: "late", priority: -1 }, nothing);
    hooks.on(POINT, { id: "b" }, nothing);
    hooks.on(POINT, { id: "first", priority: 10 }, nothing);
    expect(hooks.list(POINT).map((hook) => hook.id)).toEqual(["first", "a", "b", "late"]);
  });

  it("knows at once whether a point has hooks", () => {
    const hooks = hookRegistry();
    expect(hooks.has(POINT)).toBe(false);
    const off = hooks.on(POINT, { id: "a" }, nothing);
    expect(hooks.has(POINT)).toBe(true);
    off();
    expect(hooks.has(POINT)).toBe(false);
    expect(hooks.at(POINT)).toEqual([]);
  });

  it("keeps ids unique per point", () => {
    const hooks = hookRegistry();
    hooks.on(POINT, { id: "a" }, nothing);
    expect(codeOf(() => hooks.on(POINT, { id: "a" }, nothing))).toBe("invalid");
    hooks.on("after_state_change", { id: "a" }, nothing);
    expect(hooks.list().length).toBe(2);
  });

  it("removes by the returned function only what that call added", () => {
    const hooks = hookRegistry();
    const off = hooks.on(POINT, { id: "a" }, nothing);
    expect(hooks.off(POINT, "a")).toBe(true);
    expect(hooks.off(POINT, "a")).toBe(false);
    hooks.on(POINT, { id: "a", version: "2" }, nothing);
    off();
    off();
    expect(hooks.list(POINT).map((hook) => hook.version)).toEqual(["2"]);
  });

  it("has fail as the default where hooks guard, and continue where they observe", () => {
    const hooks = hookRegistry();
    for (const point of [POINT, "session_start", "state_conflict", "before_backup", "after_backup", "mine"]) {
      hooks.on(point, { id: "h" }, nothing);
    }
    expect(hooks.list().map((hook) => hook.onError)).toEqual([
      "fail",
      "fail",
      "fail",
      "fail",
      "continue",
      "continue",
    ]);
  });

  it.each<unknown>([
    { id: "a", unknown: 1 },
    { id: "a", constructor: 1 },
    { id: "" },
    { id: "x".repeat(257) },
    { id: "a", timeoutMs: 0 },
    { id: "a", timeoutMs: Number.POSITIVE_INFINITY },
    { id: "a", priority: Number.NaN },
    { id: "a", onError: "ignore" },
    { id: "a", sideEffects: "many" },
    { id: "a", breaker: { failures: 0, windowMs: 1, openMs: 1 } },
    { id: "a", breaker: { failures: 3 } },
    { id: "a", keys: [""] },
  ])("refuses %o as invalid", (options) => {
    // Options that do not compile, as plain JavaScript would give them.
    expect(codeOf(() => hookRegistry().on(POINT, options as { id: string }, nothing))).toBe("invalid");
  });

  it.each<unknown>([
    null,
    {},
    { id: 1 },
    { id: "a", priority: "1" },
    { id: "a", replayable: "yes" },
    { id: "a", timeoutMs: null },
    { id: "a", breaker: true },
    { id: "a", scopes: "agent" },
    { id: "a", redact: {} },
  ])("refuses %o with a TypeError", (options) => {
    // As above: the types forbid it, JavaScript does not.
    expect(() => hookRegistry().on(POINT, options as { id: string }, nothing)).toThrow(TypeError);
  });

  it("refuses a filter by key where there is no key", () => {
    expect(codeOf(() => hookRegistry().on("before_backup", { id: "a", keys: ["k"] }, nothing))).toBe(
      "invalid",
    );
  });

  it("does not disturb a chain that runs", async () => {
    const { registry, decide } = hookWorld();
    const asked: string[] = [];
    registry.on(POINT, { id: "a", priority: 1 }, () => {
      asked.push("a");
      registry.off(POINT, "b");
      registry.on(POINT, { id: "c" }, () => void asked.push("c"));
    });
    registry.on(POINT, { id: "b" }, () => void asked.push("b"));
    await decide();
    expect(asked).toEqual(["a", "b"]);
    registry.off(POINT, "a");
    await decide();
    expect(asked).toEqual(["a", "b", "c"]);
  });

  it("asks a hook only about its scopes and keys", async () => {
    const { registry, decide } = hookWorld();
    const seen: string[] = [];
    registry.on(POINT, { id: "h", scopes: [user("u:1"), "agent"], keys: ["k"] }, (change) => {
      seen.push(`${change.scopeText}/${change.key}`);
      return modify(0);
    });
    await decide({ scope: user("u:1"), scopeText: "user:u%3A1" });
    await decide({ scope: user("u"), scopeText: "user:u" });
    await decide({ scope: agent("any"), scopeText: "agent:any" });
    await decide({ scope: agent("any"), scopeText: "agent:any", key: "other" });
    expect(seen).toEqual(["user:u%3A1/k", "agent:any/k"]);
  });
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isStateError(error) ? error.code : String(error);
  }
  return "nothing was thrown";
}
