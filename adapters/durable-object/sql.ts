import type { Batch, CommitOutcome, Entry, Key, KeyRange, ScanOptions, Store } from "../../src/adapter.ts";
import { type Capabilities, StateError } from "../../src/adapter.ts";
import type { SqlStorageLike } from "./storage.ts";

const MEBIBYTE = 1024 * 1024;
/** The platform's limit of a row, less room for its key and SQLite's own bytes. Part of the store's format. */
const VALUE_BYTES = 2_000_000 - 1024;
/** Entries looked at for one chunk of a scan. */
const CHUNK_ROWS = 256;

const CAPABILITIES: Capabilities = Object.freeze({
  atomicity: "batch",
  swap: "shared",
  consistency: "strong",
  durability: "gated",
  maxValueBytes: VALUE_BYTES,
  // An isolate has 128 MB, for the program and for what is not yet on disk.
  maxBatch: Object.freeze({ count: 10_000, bytes: 16 * MEBIBYTE }),
  minPutIntervalMs: 0,
  stalenessMs: 0,
});

/**
 * A store in one table. Everything is synchronous, so nothing can come between the reads of one `get`, or between the
 * comparison and the writes of a commit; and commits that follow each other without an await reach the disk together.
 */
export function sqlStore(storage: SqlStorageLike, name: string, readOnly: boolean): Store {
  const { sql } = storage;
  const table = `"${name}"`;
  // Without a rowid a put writes one row; with one it writes another in the index of keys.
  const layout = `CREATE TABLE ${table} (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID`;
  const select = `SELECT value FROM ${table} WHERE key = ?`;
  const upsert = `INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
  const remove = `DELETE FROM ${table} WHERE key = ?`;
  const create = `INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (key) DO NOTHING`;
  const move = `UPDATE ${table} SET value = ? WHERE key = ? AND value = ?`;
  let isKnown = false;

  /** Looked up until it is found, since the first write, also of another opening, makes it. */
  function isThere(): boolean {
    if (isKnown) return true;
    const [found] = sql.exec("SELECT sql FROM sqlite_master WHERE name = ?", name).toArray();
    if (found === undefined) return false;
    if (column(found, "sql") !== layout) {
      throw new StateError(
        "invalid",
        `The object has a table "${name}" that is not keepstate's, or not of this version; nothing was changed. Give durableObject() another name.`,
      );
    }
    isKnown = true;
    return true;
  }

  function read(key: Key): Uint8Array | undefined {
    const [row] = sql.exec(select, key).toArray();
    return row && bytesOf(row, key);
  }

  /** Compares and moves in one statement; what it moved is undone with the transaction if a write fails. */
  function hasMoved({ key, from, to }: NonNullable<Batch["swap"]>): boolean {
    const { rowsWritten } = from === undefined ? sql.exec(create, key, to) : sql.exec(move, to, key, from);
    return rowsWritten > 0;
  }

  function apply({ writes, swap }: Batch): CommitOutcome {
    if (!isThere()) {
      if (swap?.from !== undefined) return "conflict";
      sql.exec(layout);
    }
    if (swap !== undefined && !hasMoved(swap)) return "conflict";
    for (const write of writes) {
      const key = "put" in write ? write.put : write.delete;
      if (key === swap?.key) continue; // the swap counts as the last write
      if ("put" in write) sql.exec(upsert, key, write.value);
      else sql.exec(remove, key);
    }
    return "committed";
  }

  /** Sizes first, which reads no values, so that memory never holds more of them than the budget. */
  function chunk({ from, to, reverse }: KeyRange, limit: number, options: ScanOptions): Entry[] {
    const { keysOnly = false, maxBytes = MEBIBYTE } = options;
    const range = `FROM ${table} WHERE key >= ? AND key < ? ORDER BY key ${reverse ? "DESC" : "ASC"} LIMIT ?`;
    const rows = sql.exec(
      `SELECT key, length(value) AS size ${range}`,
      from,
      to,
      Math.min(limit, CHUNK_ROWS),
    );
    const sizes = rows.toArray();
    if (keysOnly) return sizes.map((row) => ({ key: keyOf(row), value: new Uint8Array(0) }));
    let count = 0;
    let bytes = 0;
    for (const row of sizes) {
      bytes += Number(column(row, "size"));
      if (count > 0 && bytes > maxBytes) break;
      count++;
    }
    const found = sql.exec(`SELECT key, value ${range}`, from, to, count).toArray();
    return found.map((row) => ({ key: keyOf(row), value: bytesOf(row, keyOf(row)) }));
  }

  return {
    capabilities: CAPABILITIES,
    async get(keys, signal) {
      signal?.throwIfAborted();
      return isThere() ? keys.map(read) : keys.map(() => undefined);
    },
    async *scan(range, options = {}) {
      let { from, to, limit = Number.MAX_SAFE_INTEGER } = range;
      while (limit > 0 && isThere()) {
        options.signal?.throwIfAborted();
        const entries = chunk({ ...range, from, to }, limit, options);
        const last = entries.at(-1);
        if (last === undefined) return;
        limit -= entries.length;
        if (range.reverse) to = last.key;
        else from = `${last.key}!` as Key; // "!" comes before every character of a key
        yield entries;
      }
    },
    async commit(batch) {
      if (readOnly) throw new StateError("read_only", "This store was opened read-only.");
      const outcome = storage.transactionSync(() => apply(batch));
      isKnown ||= outcome === "committed";
      return outcome;
    },
    async close() {
      // The storage belongs to the object, and nothing here is ever under way.
    },
  };
}

function column(row: object, name: "key" | "value" | "size" | "sql"): unknown {
  return (row as Record<string, unknown>)[name]; // a row of the statements above
}

function keyOf(row: object): Key {
  return String(column(row, "key")) as Key; // only keys are put there
}

function bytesOf(row: object, key: Key): Uint8Array {
  const value = column(row, "value");
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new StateError("corrupt", `The value of ${key} is not bytes: something else wrote it.`, { key });
}
