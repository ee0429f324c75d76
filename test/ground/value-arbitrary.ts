import fc from "fast-check";

/** Names that mean something to JavaScript, to JSON or to serialisers, and must mean nothing here. */
export const LOADED_NAMES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "toJSON",
  "json",
  "meta",
  "nodes",
  "leaves",
  "root",
  "$",
  "",
  "a.b",
  "0",
  "\\",
];

const name = fc.oneof(fc.constantFrom(...LOADED_NAMES), fc.string({ unit: "grapheme", maxLength: 4 }));

const jsonLeaf = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("\\ud83d", "Error", "ArrayBuffer"),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
  fc.boolean(),
  fc.constant(null),
);

const bytes = fc
  .uint8Array({ minLength: 8, maxLength: 24, size: "max" })
  .map((array) => array.slice(0, array.length & ~7));

const richLeaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0n),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(/a\/b/gi, /[^/]\n/su, /(?:)/, new URL("https://example.org/a?b=c#d")),
  bytes,
  bytes.map((array) => array.buffer),
  bytes.map((array) => new DataView(array.buffer)),
  bytes.map((array) => new Float64Array(array.buffer)),
  bytes.map((array) => new BigInt64Array(array.buffer)),
);

type Shape = "record" | "array" | "bare" | "map" | "set" | "error";
interface Row {
  readonly shape: Shape;
  readonly children: readonly (readonly [name: string, child: unknown, reference: number | undefined])[];
}

/** Trees of plain JSON, with loaded names. */
export const jsonValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, jsonLeaf, fc.array(tie("value"), { maxLength: 4 }), tie("record")),
  record: fc
    .array(fc.tuple(name, tie("value")), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
})).value;

/** Graphs of everything that can be stored, with shared and circular references. */
export const graphValue: fc.Arbitrary<unknown> = fc
  .array(
    fc.record<Row>({
      shape: fc.constantFrom<Shape>("record", "array", "bare", "map", "set", "error"),
      children: fc.array(
        fc.tuple(name, fc.oneof(jsonLeaf, richLeaf), fc.option(fc.nat(9), { nil: undefined })),
        { maxLength: 4 },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map(buildGraph);

function buildGraph(rows: readonly Row[]): unknown {
  const objects = rows.map((row) => empty(row.shape));
  rows.forEach((row, i) => {
    for (const [property, leaf, reference] of row.children) {
      add(objects[i], property, reference === undefined ? leaf : objects[reference % objects.length]);
    }
  });
  return objects[0];
}

function empty(shape: Shape): object {
  switch (shape) {
    case "record":
      return {};
    case "array":
      return [];
    case "bare":
      return Object.create(null);
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "error":
      return new RangeError("limit", { cause: "test" });
  }
}

function add(target: unknown, property: string, value: unknown): void {
  if (Array.isArray(target)) target.push(value);
  else if (target instanceof Map) target.set(value, value).set(property, value);
  else if (target instanceof Set) target.add(value);
  else if (
    typeof target === "object" &&
    target !== null &&
    !(target instanceof Error && property === "stack")
  ) {
    const attributes = { enumerable: true, writable: true, configurable: true };
    Object.defineProperty(target, property, { value, ...attributes });
  }
}
