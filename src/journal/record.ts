import { fromUtf8, utf8, utf8Into } from "../ground/bytes.ts";
import { crc32, crc32OfAscii } from "../ground/crc.ts";
import { StateError } from "../ground/error.ts";
import type { Key } from "../store/store.ts";

/**
 * The container of every record: 16 bytes of header, then meta (JSON), the texts of values, and their binary parts.
 *
 *   0 magic "K"   1 format   2 flags   3 zero   4 CRC-32   8 meta bytes   12 text bytes
 *
 * The checksum covers the storage key, the header's lengths and the content, so a record under a wrong name is found out.
 * Flags are for compression (1) and sealing (2); a reader that does not know a flag refuses the record.
 */
export interface RecordContent {
  readonly meta: unknown;
  readonly text: string;
  readonly parts: readonly Uint8Array[];
}

/** 1: the first. */
const RECORD_FORMAT = 1;

const MAGIC = 0x4b;
const HEADER = 16;
/** Bytes at the beginning that are never compressed. */
export const RECORD_HEADER = HEADER;
const COMPRESSED = 1;

export function isCompressed(bytes: Uint8Array | undefined): boolean {
  return (
    bytes !== undefined && bytes.length > HEADER && bytes[0] === MAGIC && ((bytes[2] ?? 0) & COMPRESSED) !== 0
  );
}

/** Marks a record as compressed or not, in place. */
export function withFlag(bytes: Uint8Array, compressed: boolean): Uint8Array {
  bytes[2] = compressed ? (bytes[2] ?? 0) | COMPRESSED : (bytes[2] ?? 0) & ~COMPRESSED;
  return bytes;
}

export function encodeRecord(key: Key, { meta, text, parts }: RecordContent): Uint8Array {
  const metaText = JSON.stringify(parts.length === 0 ? [0, meta] : [parts.map((p) => p.length), meta]);
  let partBytes = 0;
  for (const part of parts) partBytes += part.length;
  const { bytes, metaBytes, textBytes } = withTexts(metaText, text, partBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = MAGIC;
  bytes[1] = RECORD_FORMAT;
  view.setUint32(8, metaBytes, true);
  view.setUint32(12, textBytes, true);
  let at = HEADER + metaBytes + textBytes;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(4, checksum(key, bytes), true);
  return bytes;
}

/** Bytes with both texts in place, and room before and after them. */
function withTexts(meta: string, text: string, after: number) {
  // Most text is ASCII, where bytes are as many as characters: then both are written at once.
  const length = meta.length + text.length;
  const bytes = new Uint8Array(HEADER + length + after);
  if (utf8Into(meta + text, bytes.subarray(HEADER, HEADER + length)).read === length)
    return { bytes, metaBytes: meta.length, textBytes: text.length };
  const [first, second] = [utf8(meta), utf8(text)];
  const wider = new Uint8Array(HEADER + first.length + second.length + after);
  wider.set(first, HEADER);
  wider.set(second, HEADER + first.length);
  return { bytes: wider, metaBytes: first.length, textBytes: second.length };
}

/** A record as it was read. Its text is left as bytes (UTF-8) for whoever needs it, and when. */
export interface DecodedRecord {
  readonly meta: unknown;
  readonly textBytes: Uint8Array;
  readonly parts: readonly Uint8Array[];
}

/** Throws `corrupt` for bytes that are not this record, `newer_format` for those of a later program. */
export function decodeRecord(key: Key, bytes: Uint8Array): DecodedRecord {
  if (bytes.length < HEADER || bytes[0] !== MAGIC) throw corrupt(key, "it does not begin like a record");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(4, true) !== checksum(key, bytes)) throw corrupt(key, "its checksum does not match");
  if ((bytes[1] ?? 0) > RECORD_FORMAT || bytes[2] !== 0) {
    throw new StateError(
      "newer_format",
      `record ${key} was written by a newer keepstate or with an option this one lacks`,
      { key },
    );
  }
  const textAt = HEADER + view.getUint32(8, true);
  const partsAt = textAt + view.getUint32(12, true);
  const [lengths, meta]: [0 | number[], unknown] = JSON.parse(fromUtf8(bytes.subarray(HEADER, textAt)));
  const parts: Uint8Array[] = [];
  let at = partsAt;
  // What a store reads together may lie in one buffer; a part that is kept must not keep all of it. In a buffer of its own the
  // record is most of it.
  const isShared = bytes.buffer.byteLength > 2 * bytes.length;
  for (const length of lengths === 0 ? [] : lengths) {
    const part = bytes.subarray(at, at + length);
    parts.push(isShared ? new Uint8Array(part) : part);
    at += length;
  }
  return { meta, textBytes: bytes.subarray(textAt, partsAt), parts };
}

function checksum(key: Key, bytes: Uint8Array): number {
  return crc32(bytes.subarray(8), crc32OfAscii(`${key}\n${bytes[1]} ${bytes[2]} ${bytes[3]}`));
}

export function corrupt(key: Key, why: string, cause?: unknown): StateError {
  return new StateError("corrupt", `record ${key} cannot be read: ${why}; it was left as it is`, {
    key,
    cause,
  });
}
