/** The bytes for a structured clone, which of a view would carry all of the buffer that it looks at. */
export function alone(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
}
