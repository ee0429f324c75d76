import { describe, expect, it } from "vitest";
import { isStateError } from "../../src/ground/error.ts";
import { agent } from "../../src/ground/scope.ts";
import { readResult } from "../../src/hooks/read-result.ts";
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

const hook = { id: "h", point: "before_state_change" };
const ALL = [
  proceed(),
  modify(1),
  replace(1),
  cancel("no"),
  redirect(agent("a"), "k"),
  retry(1, 1),
  skip("not mine"),
  fork([{ key: "x", value: 1 }]),
  cache(1000, modify(2)),
];

const read = (answer: unknown, point = hook.point) => readResult(answer, { id: "h", point });

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isStateError(error, "hook_failed")) return error.message;
    throw error;
  }
  throw new TypeError("nothing was thrown");
}

describe("what a hook returns", () => {
  it("is proceed when it is nothing", () => {
    expect(read(undefined)).toEqual({ kind: "proceed" });
  });

  it("takes every kind before a state change", () => {
    expect(ALL.map((result) => read(result).kind)).toEqual(ALL.map((result) => result.kind));
  });

  const points: [string, string[]][] = [
    ["after_state_change", ["proceed", "retry", "skip"]],
    ["after_backup", ["proceed", "retry", "skip"]],
    ["artifact_collected", ["proceed", "retry", "skip"]],
    ["artifact_deleted", ["proceed", "retry", "skip"]],
    ["my_point", ["proceed", "retry", "skip"]],
    ["before_state_migration", ["proceed", "cancel", "retry", "skip"]],
    ["before_backup", ["proceed", "cancel", "retry", "skip"]],
    ["before_restore", ["proceed", "cancel", "retry", "skip"]],
    ["session_start", ["proceed", "cancel", "retry", "skip"]],
    ["session_end", ["proceed", "cancel", "retry", "skip"]],
    ["before_my_point", ["proceed", "cancel", "retry", "skip"]],
    ["state_conflict", ["proceed", "modify", "replace", "cancel"]],
  ];
  it.each(points)("at %s only what makes sense there", (point, kinds) => {
    for (const result of ALL) {
      if (kinds.includes(result.kind)) {
        expect(read(result, point).kind).toBe(result.kind);
      } else {
        const message = failure(() => read(result, point));
        expect(message).toContain('"h"');
        expect(message).toContain(point);
        expect(message).toContain(result.kind);
      }
    }
  });

  it.each([
    [null, "null"],
    ["secret-text", "a string"],
    [true, "a boolean"],
    [{ value: 1 }, "without a kind"],
    [{ kind: "Modified", value: 1 }, "unknown kind"],
    [{ kind: 7 }, "not text"],
    [{ kind: "constructor" }, "unknown kind"],
  ])("tells the shape of %o and never its content", (answer, shape) => {
    const message = failure(() => read(answer));
    expect(message).toContain(shape);
    expect(message).not.toContain("secret-text");
  });

  it.each([
    { kind: "modify" },
    { kind: "cancel" },
    { kind: "cancel", reason: 1 },
    { kind: "skip" },
    { kind: "redirect", key: "k" },
    { kind: "redirect", scope: { kind: "nowhere", id: "x" }, key: "k" },
    { kind: "redirect", scope: agent("a"), key: "" },
    { kind: "retry", delayMs: -1, attempts: 1 },
    { kind: "retry", delayMs: 2 ** 31, attempts: 1 },
    { kind: "retry", delayMs: Number.NaN, attempts: 1 },
    { kind: "retry", delayMs: 1, attempts: 0 },
    { kind: "retry", delayMs: 1, attempts: Number.POSITIVE_INFINITY },
    { kind: "fork" },
    { kind: "fork", changes: [{ key: "k" }] },
    { kind: "fork", changes: [{ key: 1, value: 1 }] },
    { kind: "fork", changes: [null] },
    { kind: "cache", ttlMs: "1", result: { kind: "proceed" } },
    { kind: "cache", ttlMs: 1, result: { kind: "retry", delayMs: 1, attempts: 1 } },
    { kind: "cache", ttlMs: 1, result: { kind: "cache", ttlMs: 1, result: { kind: "proceed" } } },
    { kind: "cache", ttlMs: 1, result: "yes" },
  ])("refuses the flawed %o, made by hand", (answer) => {
    expect(failure(() => read(answer))).toContain('"h"');
  });

  it("may store undefined, which is a value", () => {
    expect(read(modify(undefined))).toEqual({ kind: "modify", value: undefined });
  });
});
