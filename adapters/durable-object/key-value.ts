import type { Batch, CommitOutcome, Entry, Key, KeyRange, ScanOptions, Store } from "../../src/adapter.ts";
import { type Capabilities, equalBytes, StateError } from "../../src/adapter.ts";
import { alone } from "../shared/alone.ts";
import type { DurableStorageLike, KeyValueLike } from "./storage.ts";

const MEBIBYTE = 1024 * 1024;
/** What the platform takes in one call. */
const CALL_KEYS = 128;
/** The platform's limit of a value as it is stored, less what the structured clone adds. Part of the store's format. */
const VALUE_BYTES = 128 * 1024 - 32;
/** Entries listed at once: not more than 8 MiB of values, however large each is. */
const LIST_ENTRIES = 64;

const CAPABILITIES: Capabilities = Object.freeze({
  atomicity: "batch",
  swap: "shared",
  consistency: "strong",
  durability: "gated",
  maxValueBytes: VALUE_BYTES,
  maxBatch: Object.freeze({ count: CALL_KEYS, bytes: 16 * MEBIBYTE }),
  minPutIntervalMs: 0,
  stalenessMs: 0,
});

/**
 * A store in keys `<name>/…` of the key-value API, for objects without SQLite. A commit is one transaction: one read,
 * one put and one delete; while it runs, the object takes no other event.
 */
export function keyValueStore(storage: DurableStorageLike, name: string, readOnly: boolean): Store {
  const own = (key: string) => `${name}/${key}`;

  async function readAll(from: KeyValueLike, keys: readonly Key[]): Promise<(Uint8Array | undefined)[]> {
    const values: (Uint8Array | undefined)[] = [];
    for (let at = 0; at < keys.length; at += CALL_KEYS) {
      const some = keys.slice(at, at + CALL_KEYS);
      const found = await from.get(some.map(own));
      for (const key of some) values.push(bytesOf(found.get(own(key)), key));
    }
    return values;
  }

  async function apply(transaction: KeyValueLike, { writes, swap }: Batch): Promise<CommitOutcome> {
    if (swap !== undefined) {
      const current = bytesOf(await transaction.get(own(swap.key)), swap.key);
      if (!equalBytes(current, swap.from)) return "conflict";
    }
    // Of several writes of one key only the last counts.
    const last = new Map<string, Uint8Array | undefined>();
    for (const write of writes) {
      if ("put" in write) last.set(own(write.put), write.value);
      else last.set(own(write.delete), undefined);
    }
    if (swap !== undefined) last.set(own(swap.key), swap.to);
    const puts: [string, Uint8Array][] = [];
    const deletes: string[] = [];
    for (const [key, value] of last) {
      if (value === undefined) deletes.push(key);
      else puts.push([key, alone(value)]);
    }
    await Promise.all([
      puts.length > 0 && transaction.put(Object.fromEntries(puts)),
      deletes.length > 0 && transaction.delete(deletes),
    ]);
    return "committed";
  }

  return {
    capabilities: CAPABILITIES,
    async get(keys, signal) {
      signal?.throwIfAborted();
      // Within one call, and within a transaction, nothing is written between the reads.
      if (keys.length <= CALL_KEYS) return readAll(storage, keys);
      return storage.transaction((transaction) => readAll(transaction, keys));
    },
    async *scan(range, options = {}) {
      let { from, to, limit = Number.MAX_SAFE_INTEGER } = range;
      while (limit > 0) {
        options.signal?.throwIfAborted();
        const listed = await list({ ...range, from, to }, Math.min(limit, LIST_ENTRIES));
        const last = listed.at(-1);
        if (last === undefined) return;
        limit -= listed.length;
        if (range.reverse) to = last.key;
        else from = `${last.key}!` as Key; // "!" comes before every character of a key
        yield* chunks(listed, options);
      }
    },
    async commit(batch) {
      if (readOnly) throw new StateError("read_only", "This store was opened read-only.");
      return storage.transaction((transaction) => apply(transaction, batch));
    },
    async close() {
      // The storage belongs to the object; whoever closes waits for the calls under way.
    },
  };

  async function list({ from, to, reverse = false }: KeyRange, limit: number): Promise<Entry[]> {
    const found = await storage.list({ start: own(from), end: own(to), reverse, limit });
    return [...found].flatMap(([ownKey, stored]) => {
      const key = ownKey.slice(name.length + 1) as Key; // only keys are put there
      const value = bytesOf(stored, key);
      return value === undefined ? [] : [{ key, value }];
    });
  }
}

/** The API cannot leave values out, so a budget is kept by handing on a part of what was listed. */
function* chunks(listed: readonly Entry[], options: ScanOptions): Generator<readonly Entry[]> {
  const { keysOnly = false, maxBytes = MEBIBYTE, signal } = options;
  let chunk: Entry[] = [];
  let bytes = 0;
  for (const { key, value } of listed) {
    const size = keysOnly ? 0 : value.length;
    if (chunk.length > 0 && bytes + size > maxBytes) {
      yield chunk;
      signal?.throwIfAborted();
      [chunk, bytes] = [[], 0];
    }
    chunk.push({ key, value: keysOnly ? new Uint8Array(0) : value });
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function bytesOf(stored: unknown, key: Key): Uint8Array | undefined {
  if (stored === undefined || stored instanceof Uint8Array) return stored;
  throw new StateError("corrupt", `The value of ${key} is not bytes: something else wrote it.`, { key });
}
