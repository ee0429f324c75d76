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
    for (const child of Object.values(value)) freezeJson(child, levels - 1);
  }
  return Object.freeze(value);
}
