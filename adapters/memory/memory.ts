import type {
  Batch,
  CommitOutcome,
  Entry,
  Key,
  KeyRange,
  ScanOptions,
  StorageAdapter,
  Store,
  StoreOpening,
} from "../../src/adapter.ts";
import { type Capabilities, equalBytes, StateError } from "../../src/adapter.ts";

const UNLIMITED = Number.MAX_SAFE_INTEGER;
const CHUNK_BYTES = 1024 * 1024;

const CAPABILITIES: Capabilities = Object.freeze({
  atomicity: "batch",
  swap: "shared",
  consistency: "strong",
  durability: "none",
  maxValueBytes: UNLIMITED,
  maxBatch: Object.freeze({ count: UNLIMITED, bytes: UNLIMITED }),
  minPutIntervalMs: 0,
  stalenessMs: 0,
});

/**
 * A store in this program's memory: the oracle the other adapters are compared with, and a place for tests.
 *
 * The data belongs to the returned adapter and ends with it: opening that adapter again sees the same data, a second
 * `memory()` starts empty. Several openings are several writers, which the swap serialises.
 */
export function memory(): StorageAdapter {
  const data = new Map<Key, Uint8Array>();
  const watchers = new Map<() => void, Store>();

  /** Nothing here waits, so no other commit can come between the comparison and the last write. */
  function apply({ writes, swap }: Batch): CommitOutcome {
    if (swap !== undefined && !equalBytes(data.get(swap.key), swap.from)) return "conflict";
    for (const write of writes) {
      if ("put" in write) data.set(write.put, write.value);
      else data.delete(write.delete);
    }
    if (swap !== undefined) data.set(swap.key, swap.to);
    return "committed";
  }

  /** Stored bytes are replaced, never changed, so a list of references is a snapshot. */
  function snapshot({ from, to, reverse, limit }: KeyRange): Entry[] {
    const found: Entry[] = [];
    for (const [key, value] of data) if (key >= from && key < to) found.push({ key, value });
    found.sort((a, b) => (a.key < b.key !== (reverse === true) ? -1 : 1));
    return limit === undefined ? found : found.slice(0, limit);
  }

  function tellOthers(committer: Store): void {
    for (const [told, owner] of watchers) {
      if (owner === committer) continue;
      // In a task of its own, so that a listener that throws is loud and does not fail the commit.
      queueMicrotask(() => {
        if (watchers.get(told) === owner) told();
      });
    }
  }

  async function open({ readOnly, signal }: StoreOpening): Promise<Store> {
    signal?.throwIfAborted();
    const store: Store = {
      capabilities: CAPABILITIES,
      async get(keys) {
        return keys.map((key) => {
          const value = data.get(key);
          return value && new Uint8Array(value);
        });
      },
      scan: (range, options) => chunks(snapshot(range), options),
      async commit(batch) {
        if (readOnly) throw new StateError("read_only", "This memory store was opened read-only.");
        const outcome = apply(batch);
        if (outcome === "committed") tellOthers(store);
        return outcome;
      },
      async close() {
        for (const [told, owner] of watchers) if (owner === store) watchers.delete(told);
      },
      watch(onChange) {
        // Wrapped, so that one function may listen twice and each be stopped by itself.
        const told = () => onChange();
        watchers.set(told, store);
        return () => void watchers.delete(told);
      },
    };
    return store;
  }

  return { name: "memory", open };
}

/** Copies on the way out, because the bytes are then the reader's; `slice` of a Node Buffer would not copy. */
async function* chunks(
  entries: readonly Entry[],
  options: ScanOptions = {},
): AsyncGenerator<readonly Entry[]> {
  const { keysOnly = false, maxBytes = CHUNK_BYTES, signal } = options;
  let chunk: Entry[] = [];
  let bytes = 0;
  for (const { key, value } of entries) {
    const size = keysOnly ? key.length : value.length;
    if (chunk.length > 0 && bytes + size > maxBytes) {
      yield chunk;
      signal?.throwIfAborted();
      [chunk, bytes] = [[], 0];
    }
    chunk.push({ key, value: keysOnly ? new Uint8Array(0) : new Uint8Array(value) });
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
