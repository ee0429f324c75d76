/**
 * Where two values differ, as a path, or undefined if they are the same in every respect: types, prototypes, -0, holes,
 * property order and enumerability, bytes, and which objects are one and the same. Frozen or not does not matter.
 */
export function difference(a: unknown, b: unknown): string | undefined {
  return compare(a, b, "value", { left: new Map(), right: new Map() });
}

interface Pairs {
  readonly left: Map<object, object>;
  readonly right: Map<object, object>;
}

function compare(a: unknown, b: unknown, path: string, pairs: Pairs): string | undefined {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Object.is(a, b) ? undefined : path;
  }
  if (pairs.left.has(a) || pairs.right.has(b)) {
    return pairs.left.get(a) === b && pairs.right.get(b) === a ? undefined : `${path} (identity)`;
  }
  pairs.left.set(a, b);
  pairs.right.set(b, a);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path} (prototype)`;
  return contents(a, b, path, pairs) ?? properties(a, b, path, pairs);
}

function contents(a: object, b: object, path: string, pairs: Pairs): string | undefined {
  if (a instanceof Map && b instanceof Map) return compare([...a], [...b], `${path}.entries`, pairs);
  if (a instanceof Set && b instanceof Set) return compare([...a], [...b], `${path}.values`, pairs);
  if (a instanceof Date && b instanceof Date) return compare(a.getTime(), b.getTime(), path, pairs);
  if (a instanceof RegExp && b instanceof RegExp) return compare(String(a), String(b), path, pairs);
  if (a instanceof URL && b instanceof URL) return compare(a.href, b.href, path, pairs);
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) {
    return compare([...new Uint8Array(a)], [...new Uint8Array(b)], path, pairs);
  }
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    return compare([...bytesOf(a)], [...bytesOf(b)], path, pairs);
  }
  return undefined;
}

function properties(a: object, b: object, path: string, pairs: Pairs): string | undefined {
  if (ArrayBuffer.isView(a)) return undefined;
  const [left, right] = [Reflect.ownKeys(a), Reflect.ownKeys(b)];
  // Engines order an error's own properties as they please.
  if (a instanceof Error)
    for (const keys of [left, right]) keys.sort((x, y) => (String(x) < String(y) ? -1 : 1));
  if (left.length !== right.length || left.some((key, i) => key !== right[i])) return `${path} (names)`;
  for (const key of left) {
    if (isEnumerable(a, key) !== isEnumerable(b, key)) return `${path}.${String(key)} (enumerable)`;
    const found = compare(Reflect.get(a, key), Reflect.get(b, key), `${path}.${String(key)}`, pairs);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isEnumerable(object: object, key: PropertyKey): boolean {
  return Object.prototype.propertyIsEnumerable.call(object, key);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
