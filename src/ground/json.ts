/** How deep a value may nest. It may be raised, never lowered: deeper records would become unreadable. */
export const MAX_DEPTH = 500;

/** Up to this many objects are compared one by one, which is cheaper than filling a Set. */
const FEW = 24;

/**
 * Whether `JSON.parse(JSON.stringify(value))` is the same value: types, property attributes, holes and identity
 * included. Lone surrogates are left to the caller, which sees them in the text at no cost.
 *
 * Runs on every write. It reads each property through its descriptor, so no getter runs.
 */
export function isPlainJson(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isJsonPrimitive(value);
  return isJsonTree(value, { few: [], many: undefined }, MAX_DEPTH);
}

/** The objects met so far. One met twice is shared or circular, which JSON cannot say. */
interface Met {
  readonly few: object[];
  many: Set<object> | undefined;
}

function isJsonPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return isJsonNumber(value);
    default:
      return value === null;
  }
}

/** Whether JSON can write the number: neither NaN, nor infinite, nor -0. */
export function isJsonNumber(value: number): boolean {
  return value === 0 ? 1 / value > 0 : value - value === 0;
}

function isJsonTree(value: object, met: Met, levels: number): boolean {
  if (levels === 0 || metBefore(value, met)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return isJsonRecord(value, met, levels);
  return prototype === Array.prototype && Array.isArray(value) && isJsonArray(value, met, levels);
}

function isJsonRecord(record: object, met: Met, levels: number): boolean {
  // Two calls: V8 answers each from a cache, but not Reflect.ownKeys.
  if (Object.getOwnPropertySymbols(record).length > 0) return false;
  for (const name of Object.getOwnPropertyNames(record)) {
    const property = Object.getOwnPropertyDescriptor(record, name);
    if (property === undefined || property.enumerable !== true || !("value" in property)) return false;
    const child: unknown = property.value;
    if (typeof child === "object" && child !== null) {
      if (!isJsonTree(child, met, levels - 1)) return false;
    } else if (!isJsonPrimitive(child)) return false;
  }
  return true;
}

function isJsonArray(array: readonly unknown[], met: Met, levels: number): boolean {
  for (let i = 0; i < array.length; i++) {
    // A hole reads as undefined, which is not JSON either.
    const child = array[i];
    if (typeof child === "object" && child !== null) {
      if (!isJsonTree(child, met, levels - 1)) return false;
    } else if (!isJsonPrimitive(child)) return false;
  }
  return Object.keys(array).length === array.length && Object.getOwnPropertySymbols(array).length === 0;
}

function metBefore(value: object, met: Met): boolean {
  if (met.many !== undefined) {
    const before = met.many.size;
    return met.many.add(value).size === before;
  }
  for (let i = 0; i < met.few.length; i++) if (met.few[i] === value) return true;
  met.few.push(value);
  if (met.few.length === FEW) met.many = new Set(met.few);
  return false;
}
