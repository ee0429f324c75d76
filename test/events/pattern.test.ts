import { describe, expect, it } from "vitest";
import { matcher } from "../../src/events/pattern.ts";
import { isStateError } from "../../src/ground/error.ts";

describe("event patterns", () => {
  const cases: [string, string[], string[]][] = [
    ["state.changed", ["state.changed"], ["state.change", "state.changed.x", "state", "xstate.changed"]],
    ["state.*", ["state.changed", "state.x"], ["state", "state.a.b", "states.changed"]],
    ["*.failed", ["hook.failed", "flush.failed"], ["failed", "hook.breaker_opened", "a.b.failed"]],
    ["state.**", ["state", "state.changed", "state.a.b"], ["states", "stat", "x.state"]],
    ["*.b.**", ["a.b", "x.b.c.d"], ["b", "a.c.b"]],
    ["*", ["resync", "state.changed", "a.b.c"], []],
    ["**", ["resync", "state.changed", "a.b.c"], []],
    ["a+(b)?.[c]^$|\\d", ["a+(b)?.[c]^$|\\d"], ["aab.c", "ab.c", "a.1"]],
    ["constructor", ["constructor"], ["toString"]],
  ];
  it.each(cases)("%s", (pattern, fitting, others) => {
    const matches = matcher(pattern);
    expect(fitting.filter((type) => !matches(type))).toEqual([]);
    expect(others.filter(matches)).toEqual([]);
  });

  it.each(["", ".", "a.", ".a", "a..b", "sta*", "a.*b", "**.a", "a.**.b", "***"])(
    "refuses %s, which would never fit",
    (pattern) => {
      let thrown: unknown;
      try {
        matcher(pattern);
      } catch (error) {
        thrown = error;
      }
      expect(isStateError(thrown, "invalid")).toBe(true);
    },
  );
});
