/**
 * How a commit lies in the log: one frame, which is there as a whole or not at all.
 *
 * ```
 * 0  magic        4   "\xf7KSF"           24 synced     8   all bytes before this position were on disk before
 * 4  version      1                                          this frame was written
 * 5  kind         1   begin, data, proof  32 directory  4   its length
 * 6  (zero)       2                       36 values     4   their length
 * 8  log id       8                       40 CRC-32     4   of the directory
 * 16 sequence     8                       44 CRC-32     4   of bytes 0 to 44
 * 48 directory: for each change  put 1 · key length 2 · value length 4 · CRC-32 of the value 4 · key
 *    values, one after the other
 * ```
 * Numbers are little-endian. Every format keeps the magic, the version and the place of the header's CRC.
 */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { type Key, StateError } from "../../src/adapter.ts";

export const HEADER_BYTES = 48;
export const MAGIC = Buffer.from([0xf7, 0x4b, 0x53, 0x46]);
/** 1: the first. */
const VERSION = 1;
const CRC_AT = 44;
const ENTRY_BYTES = 11;
/** Far above the declared batch limit; keeps lengths inside their fields. */
const MAX_FRAME_BYTES = 2 ** 31;

/** The first frame of a log. It names the log's id and format. */
export const BEGIN = 0;
export const DATA = 1;
/** Says that all before it is on disk. It takes no sequence number, and the next commit is written over it. */
export const PROOF = 2;
type Kind = typeof BEGIN | typeof DATA | typeof PROOF;

/** Where a value lies in the log. */
export interface Place {
  readonly position: number;
  readonly length: number;
  readonly crc: number;
}

/** What a frame does to one key; without a place it is deleted. */
export interface Change {
  readonly key: Key;
  readonly place: Place | undefined;
}

export interface Item {
  readonly key: Key;
  /** `undefined` deletes. */
  readonly value: Uint8Array | undefined;
}

export interface Stamp {
  readonly id: bigint;
  readonly sequence: number;
  readonly synced: number;
}

export interface Header extends Stamp {
  readonly kind: Kind;
  readonly directoryBytes: number;
  readonly valueBytes: number;
  readonly directoryCrc: number;
}

export interface EncodedFrame {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  readonly changes: readonly Change[];
}

function sealHeader(
  into: Buffer,
  kind: Kind,
  stamp: Stamp,
  directoryBytes: number,
  valueBytes: number,
): void {
  MAGIC.copy(into, 0);
  into[4] = VERSION;
  into[5] = kind;
  into.writeUInt16LE(0, 6);
  into.writeBigUInt64LE(stamp.id, 8);
  into.writeBigUInt64LE(BigInt(stamp.sequence), 16);
  into.writeBigUInt64LE(BigInt(stamp.synced), 24);
  into.writeUInt32LE(directoryBytes, 32);
  into.writeUInt32LE(valueBytes, 36);
  into.writeUInt32LE(crc32(into.subarray(HEADER_BYTES, HEADER_BYTES + directoryBytes)), 40);
  into.writeUInt32LE(crc32(into.subarray(0, CRC_AT)), CRC_AT);
}

/** A frame without changes. */
export function encodeEmpty(kind: typeof BEGIN | typeof PROOF, stamp: Stamp): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES);
  sealHeader(bytes, kind, stamp, 0, 0);
  return bytes;
}

/** The frame of one commit, for the place `at` in the log. */
export function encodeData(items: readonly Item[], stamp: Stamp, at: number): EncodedFrame {
  let directoryBytes = 0;
  let valueBytes = 0;
  for (const { key, value } of items) {
    directoryBytes += ENTRY_BYTES + Buffer.byteLength(key);
    valueBytes += value?.length ?? 0;
  }
  const length = HEADER_BYTES + directoryBytes + valueBytes;
  if (length > MAX_FRAME_BYTES) throw new StateError("invalid", `A commit of ${length} bytes is too large.`);

  const head = Buffer.allocUnsafe(HEADER_BYTES + directoryBytes);
  const pieces: Uint8Array[] = [head];
  const changes: Change[] = [];
  let cursor = HEADER_BYTES;
  let position = at + head.length;
  for (const { key, value } of items) {
    const keyBytes = head.write(key, cursor + ENTRY_BYTES);
    const place = value && { position, length: value.length, crc: crc32(value) };
    head[cursor] = place ? 1 : 0;
    head.writeUInt16LE(keyBytes, cursor + 1);
    head.writeUInt32LE(place?.length ?? 0, cursor + 3);
    head.writeUInt32LE(place?.crc ?? 0, cursor + 7);
    cursor += ENTRY_BYTES + keyBytes;
    changes.push({ key, place });
    if (value !== undefined && value.length > 0) pieces.push(value);
    position += value?.length ?? 0;
  }
  sealHeader(head, DATA, stamp, directoryBytes, valueBytes);
  return { pieces, length, changes };
}

/** `undefined` when these bytes are no header; `newer` when a later format wrote it. */
export function decodeHeader(bytes: Buffer): Header | "newer" | undefined {
  if (bytes.length < HEADER_BYTES || MAGIC.compare(bytes, 0, 4) !== 0) return undefined;
  if (crc32(bytes.subarray(0, CRC_AT)) !== bytes.readUInt32LE(CRC_AT)) return undefined;
  if (bytes[4] !== VERSION) return "newer";
  const kind = bytes[5];
  if (kind !== BEGIN && kind !== DATA && kind !== PROOF) return undefined;
  return {
    kind,
    id: bytes.readBigUInt64LE(8),
    sequence: Number(bytes.readBigUInt64LE(16)),
    synced: Number(bytes.readBigUInt64LE(24)),
    directoryBytes: bytes.readUInt32LE(32),
    valueBytes: bytes.readUInt32LE(36),
    directoryCrc: bytes.readUInt32LE(40),
  };
}

/** The changes of the frame at `at`, or `undefined` when its directory is damaged. */
export function decodeDirectory(
  directory: Buffer,
  header: Header,
  at: number,
): readonly Change[] | undefined {
  if (directory.length !== header.directoryBytes || crc32(directory) !== header.directoryCrc)
    return undefined;
  const changes: Change[] = [];
  let position = at + HEADER_BYTES + header.directoryBytes;
  for (let cursor = 0; cursor < directory.length; ) {
    const keyAt = cursor + ENTRY_BYTES;
    const keyEnd = keyAt + directory.readUInt16LE(cursor + 1);
    const length = directory.readUInt32LE(cursor + 3);
    // The cast holds because only keys are ever encoded, and the CRC says that these are the bytes encoded.
    const key = directory.toString("utf8", keyAt, keyEnd) as Key;
    const place =
      directory[cursor] === 1 ? { position, length, crc: directory.readUInt32LE(cursor + 7) } : undefined;
    changes.push({ key, place });
    position += length;
    cursor = keyEnd;
  }
  return changes;
}

/** What a record of this key and value adds to a log, its share of a header left out. */
export function recordBytes(key: Key, place: Place): number {
  return ENTRY_BYTES + key.length + place.length;
}
