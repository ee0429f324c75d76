/** classic-level (LevelDB) with `sync: true`. */

import { join } from "node:path";
import type { Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Level {
  open(): Promise<void>;
  put(key: string, value: Value, options: { sync: boolean }): Promise<void>;
  batch(list: { type: "put"; key: string; value: Value }[], options: { sync: boolean }): Promise<void>;
  getSync(key: string): Value | undefined;
  iterator(): AsyncIterable<[string, Value]> & { all(): Promise<[string, Value][]> };
  close(): Promise<void>;
}
interface Module {
  ClassicLevel: new (path: string, options: { valueEncoding: "json" }) => Level;
}

export const level: Subject = {
  name: "classic-level",
  durable: true,
  history: false,
  note: "sync: true, JSON values; read by getSync",
  imports: ["classic-level"],
  async open(dir: string): Promise<Opened> {
    const { ClassicLevel } = await peer<Module>("classic-level");
    const db = new ClassicLevel(join(dir, "level"), { valueEncoding: "json" });
    await db.open();
    const sync = { sync: true };
    return {
      set: (key, value) => db.put(key, value, sync),
      setMany: (list) =>
        db.batch(
          list.map(([key, value]) => ({ type: "put", key, value })),
          sync,
        ),
      get: (key) => db.getSync(key),
      load: async () => held(new Map(await db.iterator().all())),
      close: () => db.close(),
    };
  },
};
