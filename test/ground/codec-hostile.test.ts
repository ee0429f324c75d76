import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCodec, type EncodedValue } from "../../src/ground/codec.ts";
import { isStateError } from "../../src/ground/error.ts";
import { money, seed } from "./codec-fixtures.ts";
import { graphValue, LOADED_NAMES } from "./value-arbitrary.ts";

const codec = createCodec();

describe("decoding what was never encoded", () => {
  const known = createCodec([money]);

  function expectHarmless(encoded: EncodedValue): void {
    try {
      known.decode(encoded);
    } catch (error) {
      expect(isStateError(error, "corrupt"), String(error)).toBe(true);
    }
    expect(Reflect.ownKeys(Object.prototype)).toEqual(prototypeKeys);
    expect(Object.keys(Array.prototype)).toEqual([]);
  }
  const prototypeKeys = Reflect.ownKeys(Object.prototype);
  const parts = [Uint8Array.of(1, 2, 3)];

  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"root":[0]}',
    '{"root":[0],"nodes":[]}',
    '{"root":[-1],"nodes":[]}',
    '{"root":["length"],"nodes":[]}',
    '{"root":[0.5],"nodes":[]}',
    '{"root":{"a":1},"nodes":[]}',
    '{"root":[0],"nodes":[[["ArrayBuffer"],7]]}',
    '{"root":[0],"nodes":[[["ArrayBuffer"],"length"]]}',
    '{"root":[0],"nodes":[[["Float64Array"],[1]],[["ArrayBuffer"],0]]}',
    '{"root":[0],"nodes":[[["Uint8Array"],1000000000]]}',
    '{"root":[0],"nodes":[[["Error"],[0]]]}',
    '{"root":[0],"nodes":[[["NullPrototype"],null]]}',
    '{"root":[0],"nodes":[[["money"],[0]]]}',
    '{"root":[0],"nodes":[[["money"],1]]}',
    '{"root":[0],"nodes":[[["unknown"],[0]]]}',
    '{"root":[-1],"nodes":[],"leaves":{"json":["x"],"meta":{"v":1,"values":{"0":["Date"]}}}}',
    '{"root":[-1],"nodes":[],"leaves":{"json":["x"],"meta":{"v":1,"values":{"0":["bigint"]}}}}',
    '{"root":[-1],"nodes":[],"leaves":{"json":["x"],"meta":{"v":1,"values":{"0":[["class","Object"]]}}}}',
    '{"root":[-1],"nodes":[],"leaves":{"json":["x"],"meta":{"v":1,"values":{"0":[["custom","constructor"]]}}}}',
    '{"root":[-1],"nodes":[],"leaves":{"json":[9e9],"meta":{"v":1,"values":{"0":[["typed-array","Uint8Array"]]}}}}',
    '{"root":[-1],"nodes":[],"leaves":{"json":["x"],"meta":{"v":1,"values":{"__proto__.a":["Date"]}}}}',
    '{"root":[-1],"nodes":[],"leaves":{"json":[1],"meta":{"v":1,"values":{"4294967290":["undefined"]}}}}',
    '{"root":[-1],"nodes":[],"leaves":{"json":[1],"meta":{"v":1,"referentialEqualities":{"toString":["0"]}}}}',
  ])("is corrupt: %s", (text) => {
    expect(() => known.decode({ format: 1, text, parts })).toThrow(
      expect.objectContaining({ code: "corrupt" }),
    );
  });

  it("is corrupt where following it would exhaust the stack", () => {
    const chain = Array.from({ length: 50_000 }, (_, i) => `[[${i + 1}]]`).join();
    const annotations = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    for (const text of [
      `{"root":[0],"nodes":[${chain},[]]}`,
      `{"root":[-1],"nodes":[],"leaves":{"json":[],"meta":{"v":1,"values":${annotations}}}}`,
    ]) {
      expect(() => known.decode({ format: 1, text, parts })).toThrow(
        expect.objectContaining({ code: "corrupt" }),
      );
    }
  });

  it("is corrupt as plain text that is malformed or too deep", () => {
    for (const text of ["", "{", "undefined", "[".repeat(1e5) + "]".repeat(1e5)]) {
      expect(() => known.decode({ format: 0, text, parts: [] })).toThrow(
        expect.objectContaining({ code: "corrupt" }),
      );
    }
  });

  it("is harmless for any JSON", () => {
    const reference = fc.tuple(fc.integer({ min: -4, max: 4 }));
    const child = fc.oneof(reference, fc.jsonValue({ maxDepth: 1 }));
    const tag = fc.constantFrom(
      "Error",
      "money",
      "ArrayBuffer",
      "Uint8Array",
      "NullPrototype",
      "__proto__",
      "x",
    );
    const kind = fc.constantFrom(
      "undefined",
      "bigint",
      "number",
      "Date",
      "regexp",
      "URL",
      "map",
      "set",
      "class",
    );
    const path = fc.constantFrom(
      "0",
      "1",
      "0.0",
      "0.0.1",
      "__proto__",
      "constructor",
      "length",
      "0.toString",
    );
    const table = fc.record({
      root: child,
      nodes: fc.array(
        fc.oneof(
          fc.array(child),
          fc.tuple(fc.tuple(tag), child),
          fc.dictionary(fc.constantFrom(...LOADED_NAMES), child),
        ),
      ),
      leaves: fc.record({
        json: fc.array(fc.oneof(fc.jsonValue(), fc.array(fc.tuple(child, child)))),
        meta: fc.record({ v: fc.constant(1), values: fc.dictionary(path, fc.tuple(kind)) }),
      }),
    });
    fc.assert(
      fc.property(fc.oneof(table, fc.jsonValue()), fc.constantFrom(0 as const, 1 as const), (json, format) =>
        expectHarmless({ format, text: JSON.stringify(json), parts }),
      ),
      { seed, numRuns: 3000 },
    );
  });

  it("is harmless for encodings with a changed, lost or doubled piece", () => {
    fc.assert(
      fc.property(
        graphValue,
        fc.nat(),
        fc.nat(12),
        fc.string({ maxLength: 3 }),
        (value, at, length, insert) => {
          const encoded = codec.encode(value);
          const from = at % (encoded.text.length + 1);
          const text = encoded.text.slice(0, from) + insert + encoded.text.slice(from + length);
          expectHarmless({ ...encoded, text });
          expectHarmless({ ...encoded, parts: encoded.parts.slice(1) });
        },
      ),
      { seed, numRuns: 1500 },
    );
  });
});
