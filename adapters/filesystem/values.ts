/** Reading values: neighbours in one call, and never a byte whose checksum does not fit. */
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { type Key, StateError } from "../../src/adapter.ts";
import type { File } from "./files.ts";
import type { Place } from "./frame.ts";

/** Places are read together up to this size, over gaps up to that one. */
const RUN_BYTES = 1024 * 1024;
const GAP_BYTES = 16 * 1024;
/** Runs read at the same time. More would only queue in the thread pool, ahead of commits. */
const PARALLEL = 4;

interface Run {
  readonly start: number;
  end: number;
  /** Indexes into the places. */
  readonly members: number[];
}

function runsOf(places: readonly (Place | undefined)[]): Run[] {
  const order = [...places.keys()].filter((i) => places[i] !== undefined);
  order.sort((a, b) => (places[a]?.position ?? 0) - (places[b]?.position ?? 0));
  const runs: Run[] = [];
  let run: Run | undefined;
  for (const i of order) {
    const place = places[i];
    if (place === undefined) continue;
    const end = place.position + place.length;
    if (run !== undefined && place.position - run.end <= GAP_BYTES && end - run.start <= RUN_BYTES) {
      run.end = Math.max(run.end, end);
      run.members.push(i);
    } else {
      run = { start: place.position, end, members: [i] };
      runs.push(run);
    }
  }
  return runs;
}

/**
 * One result per place, in order; `"bad"` where the bytes are not those that were written. Neighbours share the memory
 * of the call that read them: copies would take longer than the reading.
 */
async function readPlaces(
  file: File,
  places: readonly (Place | undefined)[],
): Promise<(Uint8Array | "bad" | undefined)[]> {
  const results: (Uint8Array | "bad" | undefined)[] = new Array(places.length).fill(undefined);
  const runs = runsOf(places);

  async function work(): Promise<void> {
    for (let run = runs.pop(); run !== undefined; run = runs.pop()) {
      const whole = new Uint8Array(run.end - run.start);
      const filled = await file.read(whole, run.start);
      for (const i of run.members) {
        const place = places[i];
        if (place === undefined) continue;
        const from = place.position - run.start;
        const value = whole.subarray(from, Math.min(from + place.length, filled));
        const isIntact = value.length === place.length && crc32(value) === place.crc;
        results[i] = isIntact ? value : "bad";
      }
    }
  }

  // All are awaited even when one fails: the file may be closed once this has settled.
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(PARALLEL, runs.length) }, work));
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  return results;
}

/** The same for keys that exist or do not; a damaged value rejects and never looks absent. */
export async function readValues(
  file: File,
  path: string,
  keys: readonly Key[],
  places: readonly (Place | undefined)[],
): Promise<(Uint8Array | undefined)[]> {
  const results = await readPlaces(file, places);
  return results.map((result, i) => {
    if (result !== "bad") return result;
    const key = keys[i];
    const offset = places[i]?.position;
    throw new StateError("corrupt", `The value of ${key} in ${path} at byte ${offset} is damaged.`, {
      adapter: "filesystem",
      key,
      file: path,
      offset,
    });
  });
}

/** Divides a list into parts of at most `budget` bytes (or one member). */
export function* portions<T>(items: Iterable<T>, size: (item: T) => number, budget: number): Generator<T[]> {
  let portion: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const more = size(item);
    if (portion.length > 0 && bytes + more > budget) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(item);
    bytes += more;
  }
  if (portion.length > 0) yield portion;
}

/** Whether every value of these places is as it was written. */
export async function areIntact(file: File, places: readonly (Place | undefined)[]): Promise<boolean> {
  for (const portion of portions(places, (place) => place?.length ?? 0, 4 * RUN_BYTES)) {
    if ((await readPlaces(file, portion)).includes("bad")) return false;
  }
  return true;
}

/** CRC-32 of a stretch of the file, which `each` may look at part by part. */
export async function checksumOf(
  file: File,
  from: number,
  to: number,
  each?: (bytes: Uint8Array, position: number) => Promise<void>,
): Promise<number> {
  let crc = 0;
  for (let at = from; at < to; at += RUN_BYTES) {
    const whole = new Uint8Array(Math.min(RUN_BYTES, to - at));
    const bytes = whole.subarray(0, await file.read(whole, at));
    crc = crc32(bytes, crc);
    await each?.(bytes, at);
  }
  return crc;
}

/** Windows onto a file for reading it forward. The bytes are valid until the next call. */
export interface Window {
  /** Fewer bytes only at `size`. */
  at(position: number, length: number): Buffer | Promise<Buffer>;
  /** Reads anew from here on; another process may have written since. */
  forget(): void;
}

export function openWindow(file: File, size: number, stride = 256 * 1024): Window {
  let bytes = Buffer.alloc(0);
  let start = 0;

  async function load(position: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(Math.max(length, stride), size - position));
    const fresh = Buffer.allocUnsafe(wanted);
    bytes = fresh.subarray(0, await file.read(fresh, position));
    start = position;
    return bytes.subarray(0, length);
  }

  return {
    at(position, length) {
      const from = position - start;
      const wanted = Math.min(length, Math.max(0, size - position));
      if (from >= 0 && from + wanted <= bytes.length) return bytes.subarray(from, from + wanted);
      return load(position, length);
    },
    forget() {
      bytes = Buffer.alloc(0);
    },
  };
}
