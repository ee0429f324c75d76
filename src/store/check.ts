/** What the engine may ask of a store. A breach is a fault of the engine, never of its user, hence `TypeError`. */
import type { Capabilities } from "./capabilities.ts";
import type { Batch, Key, KeyRange } from "./store.ts";

/** Safe in file names that ignore case, in URLs and in every backend's own syntax; byte and UTF-16 order agree. */
const KEY = /^[0-9a-z/_.~-]+$/;

export function checkKeys(keys: readonly Key[]): void {
  for (const key of keys) checkKey(key);
}

function checkKey(key: Key): void {
  if (!KEY.test(key)) throw new TypeError(`Not a storage key: ${JSON.stringify(key)}`);
}

/** An empty bound is allowed as `from`: the start of the store. */
export function checkRange({ from, to, limit }: KeyRange): void {
  if (from !== "") checkKey(from);
  checkKey(to);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new TypeError(`Not a number of entries: ${limit}`);
  }
}

export interface Weight {
  readonly count: number;
  readonly bytes: number;
}

/** What one put costs against `maxBatch.bytes`: its key and its value. A delete costs its key. */
export function weightOf(key: Key, value?: Uint8Array): number {
  return key.length + (value?.length ?? 0);
}

/** What a batch costs against `maxBatch`. The swap counts as one more put; what it compares with costs nothing. */
export function weigh({ writes, swap }: Batch): Weight {
  let bytes = swap === undefined ? 0 : weightOf(swap.key, swap.to);
  for (const write of writes) {
    bytes += "put" in write ? weightOf(write.put, write.value) : weightOf(write.delete);
  }
  return { count: writes.length + (swap === undefined ? 0 : 1), bytes };
}

export function checkBatch(batch: Batch, { maxBatch, maxValueBytes }: Capabilities): void {
  for (const write of batch.writes) {
    if ("put" in write) checkPut(write.put, write.value, maxValueBytes);
    else checkKey(write.delete);
  }
  if (batch.swap !== undefined) checkPut(batch.swap.key, batch.swap.to, maxValueBytes);
  const { count, bytes } = weigh(batch);
  if (count > maxBatch.count || bytes > maxBatch.bytes) {
    throw new TypeError(
      `A batch of ${count} writes and ${bytes} bytes; at most ${maxBatch.count} writes and ${maxBatch.bytes} bytes`,
    );
  }
}

function checkPut(key: Key, value: Uint8Array, maxValueBytes: number): void {
  checkKey(key);
  if (!(value instanceof Uint8Array)) throw new TypeError(`The value of ${key} is not a Uint8Array`);
  if (value.length > maxValueBytes) {
    throw new TypeError(`The value of ${key} has ${value.length} bytes; the store takes ${maxValueBytes}`);
  }
}
