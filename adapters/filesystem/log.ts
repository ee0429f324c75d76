/**
 * Writing to a log. Invariants: one frame at a time; a frame is on disk before the next one is written; everything
 * behind `end` is zeros, one proof aside.
 */
import { Buffer } from "node:buffer";
import type { File } from "./files.ts";
import { type Change, encodeData, encodeEmpty, HEADER_BYTES, type Item, PROOF } from "./frame.ts";
import { type Health, isFull } from "./health.ts";

export interface Log {
  readonly id: bigint;
  readonly end: number;
  readonly sequence: number;
  /** Resolves when the frame is on disk. After a rejection the log is as before, or poisoned. */
  append(items: readonly Item[]): Promise<readonly Change[]>;
  /** Tells readers that the last frame is on disk. Not synced: it is a message to other processes, not a record. */
  prove(): Promise<void>;
  /** Proves the last frame for good and gives back the space kept ready. */
  seal(): Promise<void>;
  /** Resolves when no write is under way. */
  idle(): Promise<void>;
}

export interface LogStart {
  readonly id: bigint;
  readonly end: number;
  readonly sequence: number;
  /** The file's size; zeros from `end` to here. */
  readonly size: number;
}

/** Pieces are put together for one call up to here. */
const GATHER_BYTES = 1024 * 1024;
/** A piece from here on is not worth copying. */
const ALONE_BYTES = 256 * 1024;
/** Larger frames are written in several calls and then synced once. */
const THROUGH_BYTES = 256 * 1024;
export const AHEAD_LEAST = 64 * 1024;
const AHEAD_MOST = 4 * 1024 * 1024;

/** Packs the pieces into as few buffers as `GATHER_BYTES` allows. A buffer is valid until the next is asked for. */
function* gather(
  pieces: readonly Uint8Array[],
  length: number,
  scratch: () => Uint8Array,
): Generator<Uint8Array> {
  const only = pieces[0];
  if (pieces.length === 1 && only !== undefined) {
    yield only;
    return;
  }
  const buffer = length > scratch().length ? new Uint8Array(Math.min(length, GATHER_BYTES)) : scratch();
  let filled = 0;
  for (const piece of pieces) {
    if (filled > 0 && (filled + piece.length > buffer.length || piece.length >= ALONE_BYTES)) {
      yield buffer.subarray(0, filled);
      filled = 0;
    }
    if (piece.length > buffer.length || piece.length >= ALONE_BYTES) {
      yield piece;
      continue;
    }
    buffer.set(piece, filled);
    filled += piece.length;
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

/** Writes without a sync. Used for a log that nobody reads yet, too. */
export async function writePieces(
  file: Pick<File, "write">,
  pieces: readonly Uint8Array[],
  length: number,
  at: number,
): Promise<void> {
  let position = at;
  for (const bytes of gather(pieces, length, () => new Uint8Array(0))) {
    await file.write(bytes, position);
    position += bytes.length;
  }
}

export function openLog(file: File, path: string, start: LogStart, health: Health): Log {
  let { end, sequence } = start;
  /** The file's size: zeros are on disk from `end` to here, so that a commit changes no metadata. */
  let ready = start.size;
  let zeroing: Promise<void> | undefined;
  let zeroesAhead = true;
  // One commit is in flight at a time, so one buffer serves all small ones.
  const scratch = Buffer.alloc(AHEAD_LEAST);

  /** Failures here leave the file as it was, or poison. */
  async function cutBack(to: number, cause: unknown): Promise<void> {
    try {
      await file.truncate(to);
      await file.sync();
      ready = to;
    } catch (error) {
      throw health.poison(
        path,
        new AggregateError([cause, error], `${String(cause)}, and undoing it failed`),
      );
    }
  }

  async function zero(from: number, bytes: number): Promise<void> {
    try {
      await file.write(Buffer.alloc(bytes), from);
    } catch (error) {
      // Space kept ready is only for speed. Without it commits grow the file themselves, and report what they meet.
      zeroesAhead = false;
      return cutBack(from, error);
    }
    try {
      await file.sync();
    } catch (error) {
      throw health.poison(path, error);
    }
    ready = from + bytes;
  }

  function keepReady(): void {
    const chunk = Math.min(AHEAD_MOST, Math.max(AHEAD_LEAST, end));
    if (!zeroesAhead || zeroing !== undefined || ready - end > chunk / 2) return;
    // The failure is kept by `health`, which every later call asks.
    zeroing = zero(ready, chunk)
      .catch(() => undefined)
      .finally(() => {
        zeroing = undefined;
      });
  }

  async function put(pieces: readonly Uint8Array[], length: number): Promise<void> {
    if (end + length > ready) {
      await zeroing;
      health.check();
    }
    const through = length <= THROUGH_BYTES ? file.writeThrough : undefined;
    let written = false;
    try {
      let position = end;
      for (const bytes of gather(pieces, length, () => scratch)) {
        await (through ?? file.write)(bytes, position);
        position += bytes.length;
      }
      written = true;
      if (through === undefined) await file.sync();
    } catch (error) {
      // A write that syncs does not say which of the two failed; only a full disk is surely no failed sync.
      const undoable = !written && (isFull(error) || through === undefined);
      if (!undoable) throw health.poison(path, error);
      await zeroing;
      await cutBack(end, error);
      throw error;
    }
    ready = Math.max(ready, end + length);
  }

  return {
    id: start.id,
    get end() {
      return end;
    },
    get sequence() {
      return sequence;
    },
    async append(items) {
      const frame = encodeData(items, { id: start.id, sequence, synced: end }, end);
      await put(frame.pieces, frame.length);
      end += frame.length;
      sequence++;
      keepReady();
      return frame.changes;
    },
    async prove() {
      await zeroing;
      health.check();
      // It stays within the space kept ready: telling readers is not worth growing the file.
      if (end + HEADER_BYTES > ready) return;
      await file.write(encodeEmpty(PROOF, { id: start.id, sequence, synced: end }), end);
    },
    async seal() {
      await zeroing;
      health.check();
      await file.write(encodeEmpty(PROOF, { id: start.id, sequence, synced: end }), end);
      await file.truncate(end + HEADER_BYTES);
      await file.sync();
    },
    idle: async () => zeroing,
  };
}
