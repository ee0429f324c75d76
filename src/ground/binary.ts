type ViewConstructor = (new (buffer: ArrayBuffer) => ArrayBufferView) & { readonly name: string };

/** Not in every engine yet. */
declare const Float16Array: ViewConstructor | undefined;

const VIEWS: readonly ViewConstructor[] = [
  Uint8Array,
  Int8Array,
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
  ...(typeof Float16Array === "undefined" ? [] : [Float16Array]),
];

/** The typed arrays and DataView by name. Their bytes are little-endian, as on every platform keepstate runs on. */
export const VIEW_BY_NAME: ReadonlyMap<string, ViewConstructor> = new Map(
  VIEWS.map((view) => [view.name, view]),
);

const NAME_BY_PROTOTYPE: ReadonlyMap<unknown, string> = new Map(
  VIEWS.map((view) => [view.prototype, view.name]),
);

/**
 * The name under which a view is stored, or undefined for subclasses.
 * Node's Buffer is the exception: it is stored, and comes back, as a Uint8Array.
 */
export function viewName(view: ArrayBufferView): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(view);
  return NAME_BY_PROTOTYPE.get(prototype) ?? (className(prototype) === "Buffer" ? "Uint8Array" : undefined);
}

/** Whether the view shows its whole buffer; then the buffer's identity can be kept. */
export function spansBuffer(view: ArrayBufferView): boolean {
  return view.byteOffset === 0 && view.byteLength === view.buffer.byteLength;
}

/** Why a buffer would not come back as it is, or undefined if it would. */
export function bufferFault(buffer: ArrayBufferLike): string | undefined {
  if (typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer)
    return "SharedArrayBuffer";
  if ("resizable" in buffer && buffer.resizable === true) return "resizable ArrayBuffer";
  try {
    new Uint8Array(buffer);
    return undefined;
  } catch {
    return "detached ArrayBuffer";
  }
}

/** The name of the class a prototype belongs to, or "" if it has none. */
export function className(prototype: unknown): string {
  if (typeof prototype !== "object" || prototype === null || !("constructor" in prototype)) return "";
  return typeof prototype.constructor === "function" ? prototype.constructor.name : "";
}
