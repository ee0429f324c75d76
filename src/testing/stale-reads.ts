import type { Capabilities } from "../store/capabilities.ts";
import type { Entry, Key, KeyRange, Store } from "../store/store.ts";
import type { Versions } from "./versions.ts";

const CHUNK_BYTES = 1024 * 1024;

/**
 * Reads as good as the atomicity: one moment for all keys where it is `batch`, a moment of its own for each key
 * where it is `prefix`. `before` runs ahead of each read and may refuse it.
 */
export function readsOf(
  table: Versions,
  moment: () => number,
  atomicity: Capabilities["atomicity"],
  before: () => Promise<void>,
): Pick<Store, "get" | "scan"> {
  const isOneMoment = atomicity === "batch";

  /** The bytes are copied: what a reader does to them harms nobody. */
  function read(key: Key, shared: number): Uint8Array | undefined {
    const value = table.at(key, isOneMoment ? shared : moment());
    return value && new Uint8Array(value);
  }

  /** The next chunk behind `after`, as it is at this moment. */
  function chunk(range: KeyRange, after: Key | undefined, limit: number, maxBytes: number): Entry[] {
    const shared = moment();
    const isAhead = (key: Key) => after === undefined || (range.reverse ? key < after : key > after);
    const keys = [...table.keys()]
      .filter((key) => key >= range.from && key < range.to && isAhead(key))
      .sort();
    if (range.reverse) keys.reverse();
    const entries: Entry[] = [];
    let bytes = 0;
    for (const key of keys) {
      const value = read(key, shared);
      if (value === undefined) continue;
      if (entries.length === limit || (entries.length > 0 && bytes + value.length > maxBytes)) break;
      entries.push({ key, value });
      bytes += value.length;
    }
    return entries;
  }

  return {
    async get(keys) {
      await before();
      const shared = moment();
      return keys.map((key) => read(key, shared));
    },
    async *scan(range, { keysOnly = false, maxBytes = CHUNK_BYTES, signal } = {}) {
      let after: Key | undefined;
      let left = range.limit ?? Number.POSITIVE_INFINITY;
      while (left > 0) {
        await before();
        signal?.throwIfAborted();
        const entries = chunk(range, after, left, maxBytes);
        after = entries.at(-1)?.key;
        if (after === undefined) return;
        left -= entries.length;
        yield keysOnly ? entries.map(({ key }) => ({ key, value: new Uint8Array(0) })) : entries;
      }
    },
  };
}
