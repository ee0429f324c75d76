/** better-sqlite3 in WAL mode with `synchronous = FULL`: with and without a history row for each change. */

import { join } from "node:path";
import type { Entry, Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Statement {
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): { value: string } | undefined;
  iterate(...values: unknown[]): IterableIterator<{ key: string; value: string }>;
}
interface Database {
  pragma(text: string): unknown;
  exec(text: string): unknown;
  prepare(text: string): Statement;
  transaction<Arguments extends unknown[]>(body: (...list: Arguments) => void): (...list: Arguments) => void;
  close(): void;
}

export const sqlite: Subject = {
  name: "better-sqlite3",
  durable: true,
  history: false,
  note: "WAL, synchronous FULL, one row a key; every call blocks the event loop",
  imports: ["better-sqlite3"],
  open: (dir) => openDatabase(dir, false),
};

export const sqliteHistory: Subject = {
  name: "better-sqlite3 + history row",
  durable: true,
  history: true,
  note: "the same, and one row a change in the same transaction; every call blocks the event loop",
  imports: ["better-sqlite3"],
  open: (dir) => openDatabase(dir, true),
};

async function openDatabase(dir: string, history: boolean): Promise<Opened> {
  const { default: Database } = await peer<{ default: new (path: string) => Database }>("better-sqlite3");
  const database = new Database(join(dir, "state.db"));
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(`
    CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS change (revision INTEGER PRIMARY KEY, key TEXT, value TEXT);
  `);
  const upsert = database.prepare("INSERT OR REPLACE INTO entry (key, value) VALUES (?, ?)");
  const record = database.prepare("INSERT INTO change (key, value) VALUES (?, ?)");
  const select = database.prepare("SELECT value FROM entry WHERE key = ?");
  const selectAll = database.prepare("SELECT key, value FROM entry");
  const selectChanges = database.prepare("SELECT key, value FROM change ORDER BY revision");

  function write(key: string, value: Value): void {
    const text = JSON.stringify(value);
    upsert.run(key, text);
    if (history) record.run(key, text);
  }
  const writeOne = database.transaction(write);
  const writeMany = database.transaction((list: readonly Entry[]) => {
    for (const [key, value] of list) write(key, value);
  });

  return {
    set: (key, value) => void (history ? writeOne(key, value) : write(key, value)),
    setMany: (list) => void writeMany(list),
    get(key) {
      const row = select.get(key);
      return row && JSON.parse(row.value);
    },
    async load() {
      const map = new Map<string, Value>();
      for (const row of selectAll.iterate()) map.set(row.key, JSON.parse(row.value));
      return held(map);
    },
    async changes() {
      let count = 0;
      for (const row of selectChanges.iterate()) if (JSON.parse(row.value) !== null) count++;
      return count;
    },
    close: async () => database.close(),
  };
}
