/**
 * Freezes a tree of plain JSON, as `JSON.parse` makes it, and returns it.
 * Throws a `RangeError` beyond `levels` of nesting, so that no text can exhaust the stack.
 */
export function freezeJson(value: unknown, levels: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) throw new RangeError("nested too deeply");
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) freezeJson(value[i], levels - 1);
  } else {
    const fields = value as Record<string, unknown>; // what JSON calls an object
    // `in` is several times faster than `Object.values`: engines keep the names of a shape.
    for (const name in fields) {
      const child = fields[name];
      if (typeof child === "object" && child !== null) freezeJson(child, levels - 1);
    }
  }
  return Object.freeze(value);
}
