import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCodec } from "../../src/ground/codec.ts";
import { MAX_DEPTH } from "../../src/ground/json.ts";
import { OpaqueValue } from "../../src/ground/value-type.ts";
import { Money, money, nested, seed } from "./codec-fixtures.ts";
import { difference } from "./same-value.ts";
import { graphValue, jsonValue, LOADED_NAMES } from "./value-arbitrary.ts";

const codec = createCodec();

function roundTrip(value: unknown, using = codec): unknown {
  return using.decode(using.encode(value)).value;
}

function expectSame(value: unknown): void {
  expect(difference(roundTrip(value), value)).toBeUndefined();
}

const circular: { self?: unknown; list: unknown[]; map: Map<unknown, unknown> } = {
  list: [],
  map: new Map(),
};
circular.self = circular;
circular.list.push(circular, circular.list, circular.map);
circular.map.set(circular.map, circular);

const failure = new TypeError("outer", { cause: new Error("inner") });
Object.assign(failure, { code: "E_LIMIT", detail: { at: new Date(1), self: failure } });

describe("plain JSON", () => {
  it("comes back equal, frozen, as format 0, whatever its property names", () => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        // -0 is what no generator of JSON should make, but sums do.
        fc.pre(!JSON.stringify(value).includes("-0"));
        const encoded = codec.encode(value);
        const decoded = codec.decode(encoded);
        expect(difference(decoded.value, value)).toBeUndefined();
        expect(decoded.shareable && Object.isFrozen(decoded.value)).toBe(true);
        return true;
      }),
      { seed, numRuns: 500 },
    );
  });

  it.each<[string, unknown]>([
    ["a string", "a"],
    ["null", null],
    ["text that looks like an escaped surrogate", ["\\ud800", "\\\\udfff", "\ud83d\ude00"]],
    ["twins", [{ a: 1 }, { a: 1 }]],
    ["a child shaped like its parent", { a: { a: { a: 1 } } }],
    ["many objects", Array.from({ length: 200 }, (_, i) => ({ i }))],
    ["the deepest", nested(MAX_DEPTH, (inner) => [inner], 1)],
    [
      "what looks like our table",
      { root: [0], nodes: [[["Error"], [1]], [0]], leaves: { json: [1], meta: { v: 1 } } },
    ],
  ])("takes the fast way: %s", (_, value) => {
    expect(codec.encode(value)).toMatchObject({ format: 0, text: JSON.stringify(value), parts: [] });
    expectSame(value);
  });

  it("keeps loaded names inert in both formats", () => {
    const record = Object.fromEntries(LOADED_NAMES.map((name) => [name, { polluted: true }]));
    for (const value of [record, { record, rich: 1n }, new Map([[record, record]])]) expectSame(value);
    expect(Object.prototype).not.toHaveProperty("polluted");
  });
});

describe("rich values", () => {
  it("come back equal as graphs of everything storable", () => {
    fc.assert(
      fc.property(graphValue, (value) => {
        const encoded = codec.encode(value);
        expect(difference(codec.decode(encoded).value, value)).toBeUndefined();
        expect(difference(codec.decode(encoded).value, value)).toBeUndefined();
      }),
      { seed, numRuns: 1000 },
    );
  });

  it.each<[string, unknown]>([
    ["undefined", undefined],
    ["an undefined property", { a: undefined, b: [undefined] }],
    ["numbers", [-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0]],
    ["bigints", [1n, 1n, -(2n ** 70n)]],
    ["dates", { a: new Date(0), b: new Date(8.64e15), c: new Date(-1e14) }],
    [
      "Map and Set in order",
      new Map<unknown, unknown>([
        [new Set([3, 1, undefined]), -0],
        [new Date(5), new Map()],
        [Number.NaN, 1],
        ["__proto__", {}],
      ]),
    ],
    ["RegExp", [/\/[/]/dgimsuy, /(?:)/, /\n/]],
    ["URL", new URL("https://user:pass@example.org:8080/ä?q=1#h")],
    ["an error", failure],
    ["an AggregateError", new AggregateError([new RangeError("a"), "b"], "all")],
    ["an error without a message", new Error()],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1, toString: 2 })],
    ["circular references", circular],
    ["one object twice", ((shared) => ({ a: shared, b: [shared, new Set([shared])] }))({ x: 1 })],
    ["one Date twice", ((shared) => [shared, shared])(new Date(1))],
    ["a doubling chain", nested(60, (inner) => [inner, inner], {})],
    ["empty binaries", [new Uint8Array(0), new ArrayBuffer(0), new DataView(new ArrayBuffer(0))]],
    [
      "views of one whole buffer",
      ((buffer) => ({ buffer, view: new Float32Array(buffer) }))(new ArrayBuffer(8)),
    ],
    ["the deepest", nested(MAX_DEPTH - 1, (inner) => new Map([[inner, 1]]), new Set([1n]))],
    ["what looks like our references", [[0], [-1], [["Error"], [0]], 1n]],
  ])("%s", (_, value) => expectSame(value));

  const views = {
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
  };
  it.each(Object.entries(views))("%s by its bytes, and no bytes around them", (_, View) => {
    const make: new (buffer: ArrayBuffer, offset?: number, length?: number) => ArrayBufferView = View;
    const { buffer } = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
    const window = new make(buffer, 8, 2);
    expect(codec.encode([window]).parts.map((part) => part.byteLength)).toEqual([window.byteLength]);
    expectSame([window, new Map([[window, new Set([new make(buffer)])]])]);
  });

  it.skipIf(!("Float16Array" in globalThis))("Float16Array, which this engine lacks if skipped", () => {
    const Float16: unknown = Reflect.get(globalThis, "Float16Array");
    if (typeof Float16 === "function") expectSame([Reflect.construct(Float16, [[1.5, -0, 2]])]);
  });

  it("takes a Node Buffer for a Uint8Array, and only its own bytes", () => {
    const encoded = codec.encode(Buffer.from("pooled"));
    expect(encoded.parts.map((part) => part.byteLength)).toEqual([6]);
    expect(difference(codec.decode(encoded).value, new TextEncoder().encode("pooled"))).toBeUndefined();
  });

  it("aliases neither the caller's bytes nor the record's", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const encoded = codec.encode(bytes);
    bytes[0] = 9;
    const first = codec.decode({ ...encoded, parts: encoded.parts.map((part) => Buffer.from(part)) }).value;
    if (first instanceof Uint8Array) first[1] = 9;
    expect(encoded.parts).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(codec.decode(encoded).value).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("is shareable and frozen unless something in it is mutable by nature", () => {
    const inert = codec.decode(codec.encode({ a: [undefined, 1n], b: failure.cause, c: -0 }));
    expect(inert.shareable).toBe(true);
    expect(inert.value).toSatisfy(
      (value: { a: object; b: object }) => Object.isFrozen(value.a) && Object.isFrozen(value.b),
    );
    for (const mutable of [new Date(), new Map(), new Set(), /a/, new URL("a:b"), new Uint8Array(1)]) {
      const encoded = codec.encode({ a: { mutable } });
      const [first, second] = [codec.decode(encoded), codec.decode(encoded)];
      expect(first.shareable).toBe(false);
      expect(first.value).not.toBe(second.value);
      expect(Object.isFrozen(first.value)).toBe(false);
    }
  });
});

describe("registered types", () => {
  const known = createCodec([money]);

  it("come back as instances, the same one where it was the same", () => {
    const price = new Money(5n, "EUR");
    const value = { price, list: [price, new Map([[price, new Error("x", { cause: price })]])] };
    expect(difference(roundTrip(value, known), value)).toBeUndefined();
    expect(known.decode(known.encode(value)).shareable).toBe(false);
  });

  it("become opaque values where they are not known, and are written back", () => {
    const there = known.encode({ price: new Money(5n, "EUR"), other: 1 });
    const opaque = codec.decode(there);
    expect(opaque.value).toEqual({ price: new OpaqueValue("money", [5n, "EUR"]), other: 1 });
    expect(opaque.shareable).toBe(true);
    expect(codec.encode(opaque.value)).toEqual(there);
    expect(roundTrip(opaque.value, known)).toEqual({ price: new Money(5n, "EUR"), other: 1 });
  });

  it("are corrupt where the type refuses the data", () => {
    expect(() => known.decode(codec.encode(new OpaqueValue("money", "much")))).toThrow(
      expect.objectContaining({ code: "corrupt", cause: new TypeError("not money") }),
    );
  });

  it("cannot contain themselves, and their data is checked like any other", () => {
    class Cell {
      content: unknown;
    }
    const cells = createCodec([
      {
        name: "cell",
        is: (v): v is Cell => v instanceof Cell,
        encode: (v: Cell) => v.content,
        decode: () => new Cell(),
      },
    ]);
    const cell = new Cell();
    const holder: Record<string, unknown> = {};
    // The way back to the cell is walked before the cell itself.
    holder["first"] = { holder };
    holder["second"] = cell;
    cell.content = holder["first"];
    expect(() => cells.encode(holder)).toThrow("value.second: registered value that contains itself");
    cell.content = { f: () => 1 };
    expect(() => cells.encode({ cell })).toThrow("value.cell.f: function");
    cell.content = new Proxy(cell, { getPrototypeOf: () => Cell.prototype });
    expect(() => cells.encode({ cell })).not.toThrow(RangeError);
  });

  it("refuses names that are taken", () => {
    for (const name of ["", "Error", "Uint8Array", "ArrayBuffer"]) {
      expect(() => createCodec([{ ...money, name }])).toThrow(TypeError);
    }
    expect(() => createCodec([money, money])).toThrow(TypeError);
  });
});
