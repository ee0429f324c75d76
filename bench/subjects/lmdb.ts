/** lmdb: as it comes (a put resolves before the sync), and awaiting the flush. */

import { join } from "node:path";
import type { Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Database {
  readonly flushed: PromiseLike<unknown>;
  put(key: string, value: Value): Promise<boolean>;
  get(key: string): Value | undefined;
  getRange(): Iterable<{ key: string; value: Value }>;
  transaction(body: () => void): Promise<unknown>;
  close(): Promise<void>;
}
interface Module {
  open(options: { path: string }): Database;
}

export const lmdb: Subject = {
  name: "lmdb",
  durable: false,
  history: false,
  note: "defaults: a put resolves when it is visible, the sync follows",
  imports: ["lmdb"],
  open: (dir) => openDatabase(dir, false),
};

export const lmdbFlushed: Subject = {
  name: "lmdb, flush awaited",
  durable: true,
  history: false,
  note: "a set also awaits db.flushed",
  imports: ["lmdb"],
  open: (dir) => openDatabase(dir, true),
};

async function openDatabase(dir: string, flush: boolean): Promise<Opened> {
  const { open } = await peer<Module>("lmdb");
  const db = open({ path: join(dir, "lmdb") });

  async function afterFlush(write: Promise<unknown>): Promise<void> {
    await write;
    await db.flushed;
  }
  const acknowledged = (write: Promise<unknown>) => (flush ? afterFlush(write) : write);

  return {
    set: (key, value) => acknowledged(db.put(key, value)),
    setMany: (list) =>
      acknowledged(
        db.transaction(() => {
          for (const [key, value] of list) void db.put(key, value);
        }),
      ),
    get: (key) => db.get(key),
    async load() {
      const map = new Map<string, Value>();
      for (const { key, value } of db.getRange()) map.set(key, value);
      return held(map);
    },
    close: () => db.close(),
  };
}
