/**
 * Reading a log: which frames count, where it ends, and what cannot be trusted.
 *
 * A frame is written only after the one before it is on disk. So a bad frame with nothing after it is a write that was
 * cut short and never acknowledged; a bad frame with a later one after it was whole once, and is damage.
 */
import { Buffer } from "node:buffer";
import { StateError } from "../../src/adapter.ts";
import type { File } from "./files.ts";
import {
  type Change,
  DATA,
  decodeDirectory,
  decodeHeader,
  HEADER_BYTES,
  type Header,
  MAGIC,
  PROOF,
} from "./frame.ts";
import type { Table } from "./table.ts";
import { areIntact, checksumOf, openWindow, type Window } from "./values.ts";

/** Where a log stands: enough to go on reading it, or to write to it. */
export interface LogState {
  readonly id: bigint;
  /** Where the next frame goes. */
  readonly end: number;
  /** The next frame's number. */
  readonly sequence: number;
  /** The first frame that no later one proves to be on disk; `end` when all are proven. */
  readonly unproven: number;
  /** CRC-32 of the bytes from `unproven` to `end`. */
  readonly unprovenCrc: number;
  /** Only zeros follow `end`, a proof aside. */
  readonly clean: boolean;
  /**
   * The last frame whose keys cannot be read begins here. A key whose newest known value is older, or that is not
   * there, may have its true value in it.
   */
  readonly doubt: number | undefined;
}

/** What a log is read for: to write to it, to show it, or to show what came since. */
export type ReadingFor = "writer" | "reader" | "refresh";

export const LOG_START: Omit<LogState, "id"> = {
  end: HEADER_BYTES,
  sequence: 1,
  unproven: HEADER_BYTES,
  unprovenCrc: 0,
  clean: true,
  doubt: undefined,
};

interface Frame {
  readonly start: number;
  readonly end: number;
  readonly sequence: number;
  readonly changes: readonly Change[];
}

interface Rest {
  readonly later: { readonly at: number; readonly sequence: number } | undefined;
  readonly zeros: boolean;
}

function corruptLog(path: string, what: string): StateError {
  return new StateError("corrupt", `${path} ${what}. Nothing was changed; restore the file or the store.`, {
    adapter: "filesystem",
    file: path,
    offset: 0,
  });
}

const SEARCH_BYTES = 1024 * 1024;
const ZEROS = Buffer.alloc(64 * 1024);

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (!part.equals(ZEROS.subarray(0, part.length))) return false;
  }
  return true;
}

/** Looks through everything from `from` on for a sound header that satisfies `wanted`. */
async function search(
  window: Window,
  from: number,
  size: number,
  wanted: (header: Header) => boolean,
): Promise<{ readonly at: number; readonly header: Header } | undefined> {
  for (let at = from; at < size; at += SEARCH_BYTES) {
    const part = await window.at(at, SEARCH_BYTES + HEADER_BYTES - 1);
    for (let hit = part.indexOf(MAGIC); hit !== -1; hit = part.indexOf(MAGIC, hit + 1)) {
      const header = decodeHeader(part.subarray(hit, hit + HEADER_BYTES));
      if (header !== undefined && header !== "newer" && wanted(header)) return { at: at + hit, header };
    }
  }
  return undefined;
}

async function allZeros(window: Window, from: number, size: number): Promise<boolean> {
  for (let at = from; at < size; at += SEARCH_BYTES) {
    if (!isZero(await window.at(at, SEARCH_BYTES))) return false;
  }
  return true;
}

/** A damaged first frame is made up for by any other, since each carries the log's id. */
export async function readLogId(file: File, path: string): Promise<bigint> {
  const { size } = await file.stat();
  const window = openWindow(file, size, HEADER_BYTES);
  const first = decodeHeader(await window.at(0, HEADER_BYTES));
  if (first === "newer") {
    throw new StateError("newer_format", `${path} was written by a newer version of keepstate.`, {
      adapter: "filesystem",
      file: path,
    });
  }
  if (first !== undefined) return first.id;
  const other = await search(window, 0, size, () => true);
  if (other === undefined)
    throw corruptLog(path, size === 0 ? "is empty" : "holds no frame that can be read");
  return other.header.id;
}

/** Reads on from `from` and applies each frame to the table; a writer's table gets unproven frames too. */
export async function readLog(
  source: { readonly file: File; readonly path: string },
  table: Table,
  from: LogState,
  reading: ReadingFor,
): Promise<LogState> {
  const { file, path } = source;
  const { size } = await file.stat();
  if (size < from.end) throw corruptLog(path, `has ${size} bytes, and ${from.end} were on disk before`);
  const window = openWindow(file, size, reading === "refresh" ? 64 * 1024 : undefined);
  const { id } = from;
  let { end: at, sequence, doubt } = from;
  let proven = from.unproven;
  let clean = true;
  let recheckedAt = -1;
  let waiting: Frame[] = [];

  function prove(upTo: number): void {
    proven = Math.max(proven, upTo);
    if (waiting[0] === undefined || waiting[0].end > proven) return;
    const first = waiting.findIndex((frame) => frame.end > proven);
    const known = first === -1 ? waiting : waiting.slice(0, first);
    for (const frame of known) table.apply(frame.changes);
    waiting = first === -1 ? [] : waiting.slice(first);
  }

  async function parse(): Promise<Frame | "proof" | "zeros" | undefined> {
    const bytes = await window.at(at, HEADER_BYTES);
    const header = decodeHeader(bytes);
    if (header === undefined) return isZero(bytes) ? "zeros" : undefined;
    if (header === "newer" || header.id !== id || header.sequence !== sequence) return undefined;
    if (header.kind === PROOF) {
      prove(header.synced);
      return "proof";
    }
    const end = at + HEADER_BYTES + header.directoryBytes + header.valueBytes;
    if (header.kind !== DATA || end > size) return undefined;
    const changes = decodeDirectory(await window.at(at + HEADER_BYTES, header.directoryBytes), header, at);
    if (changes === undefined) return undefined;
    prove(header.synced);
    return { start: at, end, sequence, changes };
  }

  async function inspect(start: number): Promise<Rest> {
    const found = await search(
      window,
      start,
      size,
      (header) => header.id === id && header.sequence > sequence,
    );
    if (found !== undefined)
      return { later: { at: found.at, sequence: found.header.sequence }, zeros: false };
    return { later: undefined, zeros: await allZeros(window, start, size) };
  }

  for (;;) {
    const frame = await parse();
    if (typeof frame === "object") {
      waiting.push(frame);
      at = frame.end;
      sequence++;
      continue;
    }
    if (reading === "refresh" && frame !== undefined) break;
    const { later, zeros } = await inspect(frame === "proof" ? at + HEADER_BYTES : at);
    if (later === undefined) {
      clean = zeros;
      break;
    }
    // The writer may have finished this frame and the next between two reads of one look at the file.
    if (recheckedAt !== at) {
      recheckedAt = at;
      window.forget();
      continue;
    }
    doubt = at;
    at = later.at;
    sequence = later.sequence;
  }

  const [unproven] = waiting;
  if (reading !== "writer") {
    // What is not proven is read again next time: the next writer may cut it and write another in its place.
    const shown =
      unproven === undefined ? { end: at, sequence } : { end: unproven.start, sequence: unproven.sequence };
    return { id, ...shown, unproven: shown.end, unprovenCrc: 0, clean, doubt };
  }
  for (const frame of waiting) {
    const places = frame.changes.map((change) => change.place);
    if (!(await areIntact(file, places))) {
      at = frame.start;
      sequence = frame.sequence;
      clean = false;
      break;
    }
    table.apply(frame.changes);
  }
  const start = unproven?.start ?? at;
  const unprovenCrc = await checksumOf(file, start, at);
  return { id, end: at, sequence, unproven: start, unprovenCrc, clean, doubt };
}
