import { describe, expect, it } from "vitest";
import { createCodec } from "../../src/ground/codec.ts";
import { isStateError } from "../../src/ground/error.ts";
import { MAX_DEPTH } from "../../src/ground/json.ts";
import { OpaqueValue } from "../../src/ground/value-type.ts";
import { Money, nested } from "./codec-fixtures.ts";

const codec = createCodec();

describe("refusals", () => {
  const proxy = Proxy.revocable({}, {});
  proxy.revoke();
  const detached = new ArrayBuffer(8);
  const detachedView = new Uint8Array(detached);
  structuredClone(detached, { transfer: [detached] });
  const sparse = [1, 2, 3];
  delete sparse[1];

  it.each<[string, unknown, string]>([
    ["function", { steps: [1, 2, { run: () => 1 }] }, "plan.steps[2].run: function"],
    ["symbol", new Map([["a", Symbol("x")]]), 'plan.get("a"): symbol'],
    ["Map key", new Map([[() => 1, 1]]), "plan.keys()[0]: function"],
    ["value under an object key", new Map([[{}, () => 1]]), "plan.values()[0]: function"],
    ["Set element", { s: new Set([1, new WeakMap()]) }, "plan.s.values()[1]: instance of WeakMap"],
    ["symbol key", { a: { [Symbol("x")]: 1 } }, "plan.a: property named by a symbol"],
    ["odd name", { "a b": { "": () => 1 } }, 'plan["a b"][""]: function'],
    ["class instance", [new Money(1n, "EUR")], "plan[0]: instance of Money"],
    ["class from a subclass of Map", new (class Index extends Map {})(), "plan: instance of Index"],
    ["subclass of Array", new (class List extends Array {})(), "plan: instance of List"],
    ["subclass of Error", { e: new (class Oops extends Error {})() }, "plan.e: instance of Oops"],
    ["subclass of Uint8Array", new (class Bytes extends Uint8Array {})(), "plan: instance of Bytes"],
    ["boxed primitive", [Object("a")], "plan[0]: instance of String"],
    ["Promise", { p: Promise.resolve() }, "plan.p: instance of Promise"],
    ["own prototype", Object.create({ a: 1 }), "plan: object with a prototype of its own"],
    ["invalid Date", { at: new Date(Number.NaN) }, "plan.at: invalid Date"],
    ["sparse array", sparse, "plan[1]: sparse array"],
    ["huge sparse array", [new Array(2 ** 31)], "plan[0][0]: sparse array"],
    ["named array property", { m: /a/.exec("a") }, "plan.m: array with named properties"],
    ["extended Date", Object.assign(new Date(0), { a: 1 }), "plan: Date with properties of its own"],
    ["moved RegExp", Object.assign(/a/g, { lastIndex: 1 }), "plan: RegExp with a lastIndex"],
    [
      "getter",
      Object.defineProperty({}, "a", { get: () => 1, enumerable: true }),
      "plan.a: accessor property",
    ],
    ["non-enumerable", Object.defineProperty({}, "a", { value: 1 }), "plan.a: non-enumerable property"],
    ["lone surrogate", { a: ["\ud800"] }, "plan.a[0]: string with a lone surrogate"],
    ["lone surrogate in a rich value", [1n, "\udc00x"], "plan[1]: string with a lone surrogate"],
    [
      "lone surrogate in a name",
      { a: { "\ud800": 1 } },
      'plan.a["\\ud800"]: property name with a lone surrogate',
    ],
    ["revoked proxy", { a: [proxy.proxy] }, "plan.a[0]: it could not be read"],
    [
      "throwing proxy",
      { a: new Proxy({}, { ownKeys: () => expect.unreachable() }) },
      "plan.a: it could not be read",
    ],
    ["a pretended Map", Object.create(Map.prototype), "plan: it could not be read"],
    ["detached buffer", { detached }, "plan.detached: detached ArrayBuffer"],
    [
      "view of a detached buffer",
      { detachedView },
      "plan.detachedView: Uint8Array of a detached ArrayBuffer",
    ],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(1)), "plan: Uint8Array of a SharedArrayBuffer"],
    ["Error's field", Object.assign(new Error("a"), { f: () => 1 }), "plan.f: function"],
    ["Error's cause", new Error("a", { cause: { f: () => 1 } }), "plan.cause.f: function"],
    ["too deep", nested(MAX_DEPTH + 1, (inner) => [inner], 1), "[0]: nested more than 500 levels deep"],
    ["much too deep", nested(100_000, (inner) => ({ inner }), 1), ".inner: nested more than 500 levels deep"],
    ["forged tag", new OpaqueValue("Error", 1), "plan: opaque value with the reserved tag Error"],
  ])("%s", (_, value, reason) => {
    let thrown: unknown;
    try {
      codec.encode(value, "plan");
    } catch (error) {
      thrown = error;
    }
    expect(isStateError(thrown, "not_serializable"), String(thrown)).toBe(true);
    expect(String(thrown)).toContain(reason);
    expect(String(thrown).length).toBeLessThan(400);
    expect(thrown).toHaveProperty("facts.path", expect.stringMatching(/^plan/));
  });

  it("runs no getter", () => {
    let runs = 0;
    const value = Object.defineProperty({ a: 1n }, "b", { get: () => runs++, enumerable: true });
    expect(() => codec.encode(value)).toThrow("accessor");
    expect(runs).toBe(0);
  });
});
