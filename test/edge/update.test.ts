import { expect, test } from "vitest";
import { functionOf } from "../../src/edge/update.ts";

test("merge removes only what it names, and keeps a field that is undefined", () => {
  const merge = functionOf({ op: "merge", fields: { b: 1, c: undefined } });
  expect(merge({ a: undefined, c: 2, d: 3 })).toStrictEqual({ a: undefined, b: 1, d: 3 });
});

test("append keeps only the last ones, increment begins at 0", () => {
  expect(functionOf({ op: "append", values: [3, 4], keep: 3 })([1, 2])).toEqual([2, 3, 4]);
  expect(functionOf({ op: "increment", by: 2 })(undefined)).toBe(2);
});
