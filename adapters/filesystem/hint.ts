/**
 * The index as it was at some position of the log, so that opening reads only what came after. It may be missing, old
 * or damaged: then the log is read instead. It is written only for positions that are on disk, so it proves them too.
 *
 * ```
 * magic 8 · log id 8 · position 8 · next sequence 8 · keys 4 · CRC-32 of bytes 0 to 36 and 40 on 4
 * for each key  key length 2 · position 8 · value length 4 · CRC-32 of the value 4 · key
 * ```
 */
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Key } from "../../src/adapter.ts";
import { type Files, renameOver } from "./files.ts";
import type { Change } from "./frame.ts";
import { LOG_START, type LogState } from "./recover.ts";
import type { Table } from "./table.ts";

const MAGIC = Buffer.from("ksthint1");
const HEAD_BYTES = 40;
const ENTRY_BYTES = 18;

export interface Hint {
  readonly state: LogState;
  readonly changes: readonly Change[];
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(HEAD_BYTES), crc32(bytes.subarray(0, HEAD_BYTES - 4)));
}

export function encodeHint(table: Table, state: Pick<LogState, "id" | "end" | "sequence">): Buffer {
  let length = HEAD_BYTES;
  for (const [key] of table.entries()) length += ENTRY_BYTES + Buffer.byteLength(key);
  const bytes = Buffer.allocUnsafe(length);
  MAGIC.copy(bytes);
  bytes.writeBigUInt64LE(state.id, 8);
  bytes.writeBigUInt64LE(BigInt(state.end), 16);
  bytes.writeBigUInt64LE(BigInt(state.sequence), 24);
  bytes.writeUInt32LE(table.size, 32);
  let at = HEAD_BYTES;
  for (const [key, place] of table.entries()) {
    const keyBytes = bytes.write(key, at + ENTRY_BYTES);
    bytes.writeUInt16LE(keyBytes, at);
    bytes.writeDoubleLE(place.position, at + 2);
    bytes.writeUInt32LE(place.length, at + 10);
    bytes.writeUInt32LE(place.crc, at + 14);
    at += ENTRY_BYTES + keyBytes;
  }
  bytes.writeUInt32LE(checksum(bytes), HEAD_BYTES - 4);
  return bytes;
}

/** `undefined` for anything but a whole hint. */
function decodeHint(bytes: Buffer): Hint | undefined {
  if (bytes.length < HEAD_BYTES || MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return undefined;
  if (checksum(bytes) !== bytes.readUInt32LE(HEAD_BYTES - 4)) return undefined;
  const changes: Change[] = [];
  const count = bytes.readUInt32LE(32);
  for (let at = HEAD_BYTES; changes.length < count; ) {
    const keyEnd = at + ENTRY_BYTES + bytes.readUInt16LE(at);
    const place = {
      position: bytes.readDoubleLE(at + 2),
      length: bytes.readUInt32LE(at + 10),
      crc: bytes.readUInt32LE(at + 14),
    };
    // The cast holds because the checksum says that these are the bytes encoded above.
    changes.push({ key: bytes.toString("utf8", at + ENTRY_BYTES, keyEnd) as Key, place });
    at = keyEnd;
  }
  const end = Number(bytes.readBigUInt64LE(16));
  const sequence = Number(bytes.readBigUInt64LE(24));
  return { state: { ...LOG_START, id: bytes.readBigUInt64LE(8), end, unproven: end, sequence }, changes };
}

export async function readHint(files: Files, directory: string): Promise<Hint | undefined> {
  const bytes = await files.readFile(join(directory, "hint"));
  return bytes && decodeHint(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** Replaces the hint as a whole. The bytes are synced first, or a power cut could leave the new name with zeros. */
export async function writeHint(files: Files, directory: string, bytes: Uint8Array): Promise<void> {
  const fresh = join(directory, "hint.new");
  const file = await files.open(fresh, "create");
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await renameOver(files, fresh, join(directory, "hint"));
}
