import { VIEW_BY_NAME } from "./binary.ts";
import { StateError } from "./error.ts";
import { MAX_DEPTH } from "./json.ts";
import { ARRAY_BUFFER, defineOwn, ERROR_BY_NAME, isTagged, NULL_PROTOTYPE } from "./rich-format.ts";
import { unpackLeaves } from "./rich-leaves.ts";
import { OpaqueValue, type ValueType } from "./value-type.ts";

/**
 * The value of a table, made afresh; deeply frozen and `shareable` if nothing in it is mutable by nature.
 * The text may be anything: what is no table throws, and no name in it reaches more than its own object.
 */
export function decodeRich(
  text: string,
  parts: readonly Uint8Array[],
  types: ReadonlyMap<string, ValueType>,
): { readonly value: unknown; readonly shareable: boolean } {
  const table: unknown = JSON.parse(text);
  if (!isRecord(table) || !Array.isArray(table["nodes"])) return corrupt("no table");
  const leaves = table["leaves"] === undefined ? [] : unpackLeaves(table["leaves"]);
  const reader = new TableReader(table["nodes"], leaves, parts, types);
  const value = reader.child(table["root"]);
  return { value, shareable: reader.freeze() };
}

function corrupt(what: string, cause?: unknown): never {
  throw new StateError("corrupt", `A stored value cannot be decoded: ${what}`, { cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

class TableReader {
  readonly #nodes: readonly unknown[];
  readonly #leaves: readonly unknown[];
  readonly #parts: readonly Uint8Array[];
  readonly #types: ReadonlyMap<string, ValueType>;
  /** Objects by reference, there before they are filled. */
  readonly #objects = new Map<number, unknown>();
  readonly #freezable: object[] = [];
  #isMutable = false;
  #levels = MAX_DEPTH;

  constructor(
    nodes: readonly unknown[],
    leaves: readonly unknown[],
    parts: readonly Uint8Array[],
    types: ReadonlyMap<string, ValueType>,
  ) {
    this.#nodes = nodes;
    this.#leaves = leaves;
    this.#parts = parts;
    this.#types = types;
  }

  /** Freezes all that was read, unless a part of it would stay mutable; returns whether it did. */
  freeze(): boolean {
    if (this.#isMutable) return false;
    for (const object of this.#freezable) Object.freeze(object);
    return true;
  }

  child(child: unknown): unknown {
    if (typeof child !== "object" || child === null) return child;
    if (!Array.isArray(child) || child.length !== 1) return corrupt("no reference");
    const reference: unknown = child[0];
    if (typeof reference !== "number") return corrupt("no reference");
    if (this.#objects.has(reference)) return this.#objects.get(reference);
    if (this.#isPrimitive(reference)) return this.#leaves[-1 - reference];
    if (this.#levels === 0) return corrupt("nested too deeply");
    this.#levels--;
    const value = reference < 0 ? this.#leaf(reference) : this.#node(reference);
    this.#levels++;
    return value;
  }

  #keep<T extends object>(reference: number, object: T): T {
    this.#objects.set(reference, object);
    this.#freezable.push(object);
    return object;
  }

  #node(reference: number): unknown {
    const node = this.#nodes[reference];
    if (isTagged(node)) return this.#tagged(reference, node[0][0], node[1]);
    if (Array.isArray(node)) {
      this.#keep(reference, node);
      for (let i = 0; i < node.length; i++) node[i] = this.child(node[i]);
      return node;
    }
    if (!isRecord(node)) return corrupt("a reference to nothing");
    this.#keep(reference, node);
    // Each name is an own property already, `__proto__` too, so that assigning reaches no prototype.
    for (const name of Object.keys(node)) node[name] = this.child(node[name]);
    return node;
  }

  #isPrimitive(reference: number): boolean {
    const index = -1 - reference;
    if (!(index in this.#leaves)) return false;
    const leaf = this.#leaves[index];
    return leaf === undefined || typeof leaf === "number" || typeof leaf === "bigint";
  }

  #leaf(reference: number): unknown {
    const leaf = this.#leaves[-1 - reference];
    if (leaf instanceof Map) {
      const map = this.#keepMutable(reference, new Map<unknown, unknown>());
      for (const [key, value] of leaf) map.set(this.child(key), this.child(value));
      return map;
    }
    if (leaf instanceof Set) {
      const set = this.#keepMutable(reference, new Set<unknown>());
      for (const element of leaf) set.add(this.child(element));
      return set;
    }
    if (leaf instanceof Date && !Number.isNaN(leaf.getTime())) return this.#keepMutable(reference, leaf);
    if (leaf instanceof RegExp || leaf instanceof URL) return this.#keepMutable(reference, leaf);
    return corrupt("a reference to nothing");
  }

  #keepMutable<T>(reference: number, value: T): T {
    this.#isMutable = true;
    this.#objects.set(reference, value);
    return value;
  }

  #tagged(reference: number, tag: string, data: unknown): unknown {
    if (tag === ARRAY_BUFFER) return this.#keepMutable(reference, this.#bytes(data));
    if (tag === NULL_PROTOTYPE) {
      const object: object = this.#keep(reference, Object.create(null));
      this.#define(object, this.child(data), true);
      return object;
    }
    const View = VIEW_BY_NAME.get(tag);
    if (View !== undefined) {
      const buffer = this.child(data);
      return buffer instanceof ArrayBuffer
        ? this.#keepMutable(reference, new View(buffer))
        : corrupt(`${tag} without a buffer`);
    }
    const makeError = ERROR_BY_NAME.get(tag);
    if (makeError !== undefined) return this.#error(this.#keep(reference, makeError()), data);
    const type = this.#types.get(tag);
    if (type === undefined) return this.#keep(reference, new OpaqueValue(tag, this.child(data)));
    const complete = this.child(data);
    try {
      return this.#keepMutable(reference, type.decode(complete));
    } catch (cause) {
      return corrupt(`the type ${tag} refused its data`, cause);
    }
  }

  #bytes(part: unknown): ArrayBuffer {
    const bytes = typeof part === "number" ? this.#parts[part] : undefined;
    return bytes === undefined ? corrupt("a binary part is missing") : new Uint8Array(bytes).buffer;
  }

  #error(error: Error, data: unknown): Error {
    // What an engine gives a new error is not the stored one's.
    for (const name of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, name);
    const fields = this.child(data);
    if (!isRecord(fields)) return corrupt("an error without fields");
    this.#define(error, fields["hidden"], false);
    this.#define(error, fields["shown"], true);
    return error;
  }

  #define(target: object, properties: unknown, enumerable: boolean): void {
    if (!isRecord(properties)) corrupt("an object without properties");
    for (const [name, value] of Object.entries(properties)) defineOwn(target, name, value, enumerable);
  }
}
