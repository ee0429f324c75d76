import { SuperJSON, type SuperJSONResult } from "superjson";

/** An instance of our own: what a program registers on superjson's global one must not change what is stored. */
const superjson = new SuperJSON();

/** The annotations leaves are written with. Others exist in superjson and are refused: none may reach a constructor. */
const KINDS: ReadonlySet<unknown> = new Set([
  "undefined",
  "bigint",
  "number",
  "Date",
  "regexp",
  "URL",
  "map",
  "set",
]);

/** Leaves as JSON. No two may be the same object or the same bigint: superjson would note them as references. */
export function packLeaves(leaves: readonly unknown[]): unknown {
  return superjson.serialize(leaves);
}

/** Leaves from JSON that may be malformed or hostile; throws if it is not what `packLeaves` makes. Consumes its input. */
export function unpackLeaves(packed: unknown): readonly unknown[] {
  if (!isRecord(packed) || !Array.isArray(packed["json"])) throw new TypeError("leaves are missing");
  const json: unknown[] = packed["json"];
  const meta = packed["meta"];
  if (meta === undefined) return json;
  if (!isRecord(meta) || meta["v"] !== 1 || "referentialEqualities" in meta || !isKnown(meta["values"]))
    throw new TypeError("unknown annotations");
  const size = json.length;
  // Checked above as far as it matters: superjson's own types say no more than "JSON" and "a tree".
  const checked = { json, meta: { v: 1, values: meta["values"] } } as SuperJSONResult;
  const leaves: unknown = superjson.deserialize(checked, { inPlace: true });
  if (!Array.isArray(leaves) || leaves.length !== size) throw new TypeError("annotations that fit no leaf");
  return leaves;
}

/** superjson's annotation tree: `[kind]`, `[kind, children]` or children by path. */
function isKnown(tree: unknown): boolean {
  if (!Array.isArray(tree)) return isRecord(tree) && Object.values(tree).every(isKnown);
  const [kind, children] = tree;
  return (
    KINDS.has(kind) && (tree.length === 1 || (tree.length === 2 && isRecord(children) && isKnown(children)))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
