/**
 * Copying what is current into a new log, while commits go on in the old one. Nothing is deleted before the copy is
 * on disk under the log's name, so a kill at any moment leaves one log or the other whole.
 */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { Key } from "../../src/adapter.ts";
import type { File, Files } from "./files.ts";
import { BEGIN, encodeData, encodeEmpty, HEADER_BYTES, type Item, PROOF } from "./frame.ts";
import type { Held } from "./held.ts";
import { AHEAD_LEAST, writePieces } from "./log.ts";
import { createTable, type Table } from "./table.ts";
import { portions, readValues } from "./values.ts";

/** A new log, named `log.new` until it is complete. */
export interface FreshLog {
  readonly file: File;
  readonly id: bigint;
}

export async function createLog(files: Files, path: string): Promise<FreshLog> {
  const file = await files.open(path, "create");
  const id = randomBytes(8).readBigUInt64LE();
  await file.write(encodeEmpty(BEGIN, { id, sequence: 0, synced: 0 }), 0);
  await file.write(Buffer.alloc(AHEAD_LEAST - HEADER_BYTES), HEADER_BYTES);
  return { file, id };
}

export interface Copy {
  /** Where the copied values lie in the new log. */
  readonly table: Table;
  readonly end: number;
  readonly sequence: number;
  /** Copies the current values of these keys; what is gone since is deleted in the copy as well. */
  add(keys: Iterable<Key>): Promise<void>;
  /** Resolves when all of it is on disk, and says so in the copy. */
  finish(): Promise<void>;
}

const STEP_BYTES = 1024 * 1024;

export function copyTo(fresh: FreshLog, from: Held, table: Table, isWanted: () => boolean): Copy {
  const { file, id } = fresh;
  const copied = createTable();
  let end = HEADER_BYTES;
  let sequence = 1;

  async function step(keys: readonly Key[]): Promise<void> {
    const current = keys.map((key) => table.find(key));
    const values = await from.use((old) => readValues(old, from.path, keys, current));
    const items: Item[] = [];
    keys.forEach((key, i) => {
      const value = values[i];
      if (value !== undefined || copied.find(key) !== undefined) items.push({ key, value });
    });
    if (items.length === 0) return;
    // Nothing here is synced yet, so no frame says that the one before it is; `finish` says it for all.
    const frame = encodeData(items, { id, sequence, synced: 0 }, end);
    await writePieces(file, frame.pieces, frame.length, end);
    copied.apply(frame.changes);
    end += frame.length;
    sequence++;
  }

  return {
    table: copied,
    get end() {
      return end;
    },
    get sequence() {
      return sequence;
    },
    async add(keys) {
      for (const portion of portions(keys, (key) => 64 + (table.find(key)?.length ?? 0), STEP_BYTES)) {
        if (!isWanted()) return;
        await step(portion);
      }
    },
    async finish() {
      await file.sync();
      await file.write(encodeEmpty(PROOF, { id, sequence, synced: end }), end);
      await file.sync();
    },
  };
}
