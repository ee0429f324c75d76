import { className } from "./binary.ts";
import { isStateError } from "./error.ts";
import { bare, writeBuffer, writeError, writeView } from "./rich-built-ins.ts";
import { type Child, defineOwn, isBuiltInTag, NULL_PROTOTYPE } from "./rich-format.ts";
import { TableBuilder } from "./rich-table.ts";
import { OpaqueValue, type ValueType } from "./value-type.ts";

/**
 * Writes any storable value as a table with its binary parts; `name` is what paths in errors start with.
 * Throws `not_serializable` with the path of the first thing that would not come back as it is.
 */
export function encodeRich(
  value: unknown,
  name: string,
  types: ReadonlyMap<string, ValueType>,
): { readonly text: string; readonly parts: readonly Uint8Array[] } {
  const builder = new TableBuilder(name, (met, into) => write(met, into, types));
  try {
    return { text: JSON.stringify(builder.table(value)), parts: builder.parts };
  } catch (cause) {
    if (isStateError(cause)) throw cause;
    // A proxy's trap, a type's own code, or a built-in's prototype on an object that is none.
    return builder.refuse("it could not be read", cause);
  }
}

function write(value: unknown, into: TableBuilder, types: ReadonlyMap<string, ValueType>): number {
  const reference = typeof value === "object" && value !== null ? writeObject(value, into) : undefined;
  return reference ?? writeInstance(value, into, types);
}

/** Undefined for an object of a class that is not built in. */
function writeObject(value: object, into: TableBuilder): number | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return writeRecord(value, into);
  if (prototype === null) {
    return into.tagged(value, NULL_PROTOTYPE, () => into.inner(() => writeRecord(value, into, {})));
  }
  if (Array.isArray(value)) return prototype === Array.prototype ? writeArray(value, into) : undefined;
  if (ArrayBuffer.isView(value)) return writeView(value, into);
  if (value instanceof Error) return writeError(value, into);
  if (value instanceof ArrayBuffer && prototype === ArrayBuffer.prototype) return writeBuffer(value, into);
  if (value instanceof Map && prototype === Map.prototype) return writeMap(value, into);
  if (value instanceof Set && prototype === Set.prototype) return writeSet(value, into);
  if (value instanceof Date && prototype === Date.prototype) {
    if (Number.isNaN(value.getTime())) into.refuse("invalid Date");
    return into.leaf(value, bare(value, into));
  }
  if (value instanceof RegExp && prototype === RegExp.prototype) {
    if (value.lastIndex !== 0) into.refuse("RegExp with a lastIndex");
    into.text(value.source, "RegExp");
    return into.leaf(value, bare(value, into, 1));
  }
  if (value instanceof URL && prototype === URL.prototype) {
    // Deno marks its own objects with a symbol, so only names are looked at.
    if (Object.keys(value).length > 0) into.refuse("URL with properties of its own");
    return into.leaf(value, value);
  }
  return undefined;
}

/** `identity` differs from `source` where the row is not the object itself but only its properties. */
function writeRecord(source: object, into: TableBuilder, identity: object = source): number {
  if (Object.getOwnPropertySymbols(source).length > 0) into.refuse("property named by a symbol");
  const record: { [name: string]: Child } = {};
  const reference = into.node(identity, record);
  for (const name of Object.getOwnPropertyNames(source)) {
    into.enter(name);
    into.text(name, "property name");
    const property = Object.getOwnPropertyDescriptor(source, name);
    if (property === undefined || !("value" in property)) into.refuse("accessor property");
    if (property.enumerable !== true) into.refuse("non-enumerable property");
    defineOwn(record, name, into.child(property.value));
    into.leave();
  }
  return reference;
}

function writeArray(array: readonly unknown[], into: TableBuilder): number {
  const children: Child[] = [];
  const reference = into.node(array, children);
  for (let i = 0; i < array.length; i++) {
    into.enter(i);
    if (!Object.hasOwn(array, i)) into.refuse("sparse array: nothing at this index");
    children.push(into.child(array[i]));
    into.leave();
  }
  // The length is an own property too.
  if (Reflect.ownKeys(array).length > array.length + 1) into.refuse("array with named properties");
  return reference;
}

function writeMap(map: ReadonlyMap<unknown, unknown>, into: TableBuilder): number {
  const children = new Map<Child, Child>();
  const reference = into.leaf(bare(map, into), children);
  let index = 0;
  for (const [key, value] of map) {
    const keyChild = into.at({ part: "key", index }, key);
    children.set(keyChild, into.at({ part: "value", index, key }, value));
    index++;
  }
  return reference;
}

function writeSet(set: ReadonlySet<unknown>, into: TableBuilder): number {
  const children = new Set<Child>();
  const reference = into.leaf(bare(set, into), children);
  let index = 0;
  for (const element of set) children.add(into.at({ part: "element", index: index++ }, element));
  return reference;
}

function writeInstance(value: unknown, into: TableBuilder, types: ReadonlyMap<string, ValueType>): number {
  if (value instanceof OpaqueValue) {
    const { tag, data } = value;
    if (isBuiltInTag(tag)) into.refuse(`opaque value with the reserved tag ${tag}`);
    return into.instance(value, into.text(tag, "tag"), () => into.at("data", data));
  }
  for (const type of types.values()) {
    if (type.is(value)) return into.instance(value, type.name, () => into.child(type.encode(value)));
  }
  return into.refuse(describe(value));
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  const name = className(Object.getPrototypeOf(value));
  if (name === "" || name === "Object") return "object with a prototype of its own, or from another realm";
  return `instance of ${name}, which is not registered as a value type`;
}
