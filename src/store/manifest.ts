/**
 * How a store that splits values writes them: one byte in front of every value says whether the value follows or a
 * manifest of its parts. After the byte 1, as little-endian unsigned 32-bit numbers: CRC-32 of the rest of the
 * manifest, total length, length of each part but the last, CRC-32 of the value; then the name of the parts.
 */
import { fromUtf8, utf8 } from "../ground/bytes.ts";
import { crc32 } from "../ground/crc.ts";
import { StateError } from "../ground/error.ts";
import type { Key } from "./store.ts";

const INLINE = 0;
const PARTED = 1;
/** Where the part of a manifest begins that its own checksum covers. */
const CHECKED_FROM = 5;
const HEADER_BYTES = 17;

export interface Manifest {
  /** Used once, so the parts of two values never mix. */
  readonly name: string;
  readonly bytes: number;
  readonly partBytes: number;
  readonly crc: number;
}

export function inline(value: Uint8Array): Uint8Array {
  const stored = new Uint8Array(value.length + 1);
  stored.set(value, 1);
  return stored;
}

export function manifestFor(name: string, value: Uint8Array, partBytes: number): Manifest {
  return { name, bytes: value.length, partBytes, crc: crc32(value) };
}

export function encodeManifest({ name, bytes, partBytes, crc }: Manifest): Uint8Array {
  const text = utf8(name);
  const stored = new Uint8Array(HEADER_BYTES + text.length);
  const view = new DataView(stored.buffer);
  view.setUint8(0, PARTED);
  view.setUint32(5, bytes, true);
  view.setUint32(9, partBytes, true);
  view.setUint32(13, crc, true);
  stored.set(text, HEADER_BYTES);
  view.setUint32(1, crc32(stored.subarray(CHECKED_FROM)), true);
  return stored;
}

/** The manifest in what is stored, if that is a sound one. */
export function manifestIn(stored: Uint8Array | undefined): Manifest | undefined {
  if (stored === undefined || stored[0] !== PARTED || stored.length <= HEADER_BYTES) return undefined;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  if (view.getUint32(1, true) !== crc32(stored.subarray(CHECKED_FROM))) return undefined;
  return {
    name: fromUtf8(stored.subarray(HEADER_BYTES)),
    bytes: view.getUint32(5, true),
    partBytes: view.getUint32(9, true),
    crc: view.getUint32(13, true),
  };
}

/** The value itself, where it was not split. A view on `stored`. */
export function inlineIn(stored: Uint8Array, key: Key): Uint8Array {
  if (stored[0] === INLINE) return stored.subarray(1);
  throw damaged(key, "is neither a value nor a manifest of parts");
}

/** In the order of the value. The owner's key is in each name, so a sweep finds the owner without reading values. */
export function partKeys({ name, bytes, partBytes }: Manifest, owner: Key): Key[] {
  const keys: Key[] = [];
  for (let n = 0; n * partBytes < bytes; n++) {
    keys.push(`p/${name}/${n.toString(32).padStart(5, "0")}/${owner}` as Key);
  }
  return keys;
}

/** The name and the owner in a part's key. */
export function partOf(key: Key): { name: string; owner: Key } {
  const [, name = "", , ...owner] = key.split("/");
  return { name, owner: owner.join("/") as Key }; // what `partKeys` put there
}

export function joined(manifest: Manifest, parts: readonly Uint8Array[], owner: Key): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length !== manifest.bytes)
    throw damaged(owner, `has ${length} bytes in its parts, not ${manifest.bytes}`);
  const value = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    value.set(part, at);
    at += part.length;
  }
  if (crc32(value) !== manifest.crc) throw damaged(owner, "does not match the checksum of its parts");
  return value;
}

export function damaged(key: Key, how: string): StateError {
  return new StateError(
    "corrupt",
    `The value of ${key} ${how}. It was left as it is; restore it from a backup.`,
    { key },
  );
}
