/**
 * Commits and scans over a backend that knows single values only: no batches, no order of keys, no comparison. What comes
 * of it is atomicity `prefix`. That nobody else writes between the comparison and the last write is the adapter's affair.
 */
import {
  type Batch,
  type CommitOutcome,
  type Entry,
  equalBytes,
  type Key,
  type KeyRange,
  type ScanOptions,
  type Swap,
} from "../../src/adapter.ts";

/** Single values by key. */
export interface KeyValue {
  /** Absent is `undefined`. The bytes belong to the caller. */
  get(key: Key): Promise<Uint8Array | undefined>;
  /** Resolves when the value is stored; a later call must not overtake it. */
  set(key: Key, value: Uint8Array): Promise<void>;
  remove(key: Key): Promise<void>;
  /** All keys of the store, in any order. */
  keys(): Promise<readonly Key[]>;
}

const CHUNK_BYTES = 1024 * 1024;

/** Values that a scan asks for at the same time, so that it need not wait for each alone. */
const READ_AT_ONCE = 16;

/** Each write is begun when the one before has landed, so a failure or a crash keeps the first few. */
export async function commitInOrder(items: KeyValue, { writes, swap }: Batch): Promise<CommitOutcome> {
  if (swap !== undefined && !(await isCurrent(items, swap))) return "conflict";
  for (const write of writes) {
    if ("put" in write) await items.set(write.put, write.value);
    else await items.remove(write.delete);
  }
  if (swap === undefined) return "committed";
  // Again, for writers that the adapter's exclusion does not reach.
  if (writes.length > 0 && !(await isCurrent(items, swap))) return "conflict";
  await items.set(swap.key, swap.to);
  return "committed";
}

async function isCurrent(items: KeyValue, { key, from }: Swap): Promise<boolean> {
  return equalBytes(await items.get(key), from);
}

/** Lists the keys once; what is deleted after that is left out, and what is put after that is not looked for. */
export async function* scanInOrder(
  items: KeyValue,
  { from, to, limit, reverse = false }: KeyRange,
  { keysOnly = false, maxBytes = CHUNK_BYTES, signal }: ScanOptions = {},
): AsyncGenerator<readonly Entry[]> {
  // The default order of strings; for the alphabet of keys it is the order of bytes.
  const keys = (await items.keys()).filter((key) => key >= from && key < to).sort();
  if (reverse) keys.reverse();
  let chunk: Entry[] = [];
  let [bytes, left] = [0, limit ?? Number.POSITIVE_INFINITY];
  for (let at = 0; at < keys.length && left > 0; at += READ_AT_ONCE) {
    signal?.throwIfAborted();
    const some = keys.slice(at, at + READ_AT_ONCE);
    const found = (keysOnly ? some.map(bare) : await entriesOf(items, some)).slice(0, left);
    left -= found.length;
    for (const entry of found) {
      const size = keysOnly ? entry.key.length : entry.value.length;
      if (chunk.length > 0 && bytes + size > maxBytes) {
        yield chunk;
        signal?.throwIfAborted();
        [chunk, bytes] = [[], 0];
      }
      chunk.push(entry);
      bytes += size;
    }
  }
  if (chunk.length > 0) yield chunk;
}

function bare(key: Key): Entry {
  return { key, value: new Uint8Array(0) };
}

async function entriesOf(items: KeyValue, keys: readonly Key[]): Promise<Entry[]> {
  const values = await Promise.all(keys.map((key) => items.get(key)));
  return keys.flatMap((key, i) => {
    const value = values[i];
    return value === undefined ? [] : [{ key, value }];
  });
}
