import { bufferFault, className, spansBuffer, viewName } from "./binary.ts";
import { ARRAY_BUFFER, type Child, defineOwn, errorName } from "./rich-format.ts";
import type { TableBuilder } from "./rich-table.ts";

/** Refuses properties that were added to a built-in: they would be lost. */
export function bare<T extends object>(value: T, into: TableBuilder, expected = 0): T {
  if (Reflect.ownKeys(value).length > expected) {
    into.refuse(`${className(Object.getPrototypeOf(value))} with properties of its own`);
  }
  return value;
}

/** An error with all its own properties; undefined if its class is not the language's. */
export function writeError(error: Error, into: TableBuilder): number | undefined {
  const tag = errorName(error);
  if (tag === undefined) return undefined;
  if (Object.getOwnPropertySymbols(error).length > 0) into.refuse("property named by a symbol");
  const hidden: [string, unknown][] = [];
  const shown: [string, unknown][] = [];
  for (const name of Object.getOwnPropertyNames(error)) {
    // Engines differ in where they keep the stack: in a property, behind an accessor, on the prototype.
    if (name === "stack") continue;
    const property = Object.getOwnPropertyDescriptor(error, name);
    if (property === undefined || !("value" in property)) {
      into.enter(name);
      into.refuse("accessor property");
    }
    (property.enumerable === true ? shown : hidden).push([name, property.value]);
  }
  const stack: unknown = error.stack;
  if (stack !== undefined) hidden.push(["stack", stack]);
  return into.tagged(error, tag, () =>
    into.inner(() => {
      const fields: { [name: string]: Child } = {};
      const reference = into.node(fields, fields);
      fields["hidden"] = into.inner(() => writeFields(hidden, into));
      fields["shown"] = into.inner(() => writeFields(shown, into));
      return reference;
    }),
  );
}

function writeFields(fields: readonly [string, unknown][], into: TableBuilder): number {
  const record: { [name: string]: Child } = {};
  const reference = into.node(fields, record);
  for (const [name, value] of fields) {
    into.enter(name);
    into.text(name, "property name");
    defineOwn(record, name, into.child(value));
    into.leave();
  }
  return reference;
}

/**
 * The bytes a view shows. The buffer behind it is kept as an object only where the view spans it, so that a window
 * into a large buffer does not store what lies outside; it comes back with an offset of 0.
 * Named properties on typed arrays are not looked for: listing them means listing every index.
 */
export function writeView(view: ArrayBufferView, into: TableBuilder): number | undefined {
  const tag = viewName(view);
  if (tag === undefined) return undefined;
  const { buffer } = view;
  const fault = bufferFault(buffer);
  if (fault !== undefined) into.refuse(`${tag} of a ${fault}`);
  if (tag === "DataView") bare(view, into);
  return into.tagged(view, tag, () =>
    buffer instanceof ArrayBuffer && spansBuffer(view)
      ? into.child(buffer)
      : into.inner(() => writeBytes({}, new Uint8Array(buffer, view.byteOffset, view.byteLength), into)),
  );
}

export function writeBuffer(buffer: ArrayBuffer, into: TableBuilder): number {
  const fault = bufferFault(buffer);
  if (fault !== undefined) into.refuse(fault);
  return writeBytes(bare(buffer, into), new Uint8Array(buffer), into);
}

function writeBytes(identity: object, bytes: Uint8Array, into: TableBuilder): number {
  const part = into.parts.push(bytes.slice()) - 1;
  return into.tagged(identity, ARRAY_BUFFER, () => part);
}
