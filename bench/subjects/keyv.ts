/** keyv on SQLite. */

import { join } from "node:path";
import type { Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Keyv {
  set(key: string, value: Value): Promise<unknown>;
  setMany(list: { key: string; value: Value }[]): Promise<unknown>;
  get(key: string): Promise<Value | undefined>;
  iterator?: (namespace?: string) => AsyncIterable<[string, Value]>;
  disconnect(): Promise<void>;
}
interface Modules {
  keyv: { Keyv: new (options: { store: unknown }) => Keyv };
  sqlite: { KeyvSqlite: new (uri: string) => unknown };
}

export const keyv: Subject = {
  name: "keyv + sqlite",
  durable: true,
  history: false,
  note: "rollback journal, synchronous FULL as it comes; setMany is one set after the other inside it",
  imports: ["keyv", "@keyv/sqlite"],
  async open(dir: string): Promise<Opened> {
    const { Keyv } = await peer<Modules["keyv"]>("keyv");
    const { KeyvSqlite } = await peer<Modules["sqlite"]>("@keyv/sqlite");
    const store = new Keyv({ store: new KeyvSqlite(`sqlite://${join(dir, "keyv.sqlite")}`) });
    return {
      set: (key, value) => store.set(key, value),
      setMany: (list) => store.setMany(list.map(([key, value]) => ({ key, value }))),
      get: (key) => store.get(key),
      async load() {
        const map = new Map<string, Value>();
        for await (const [key, value] of store.iterator?.() ?? []) map.set(key, value);
        return held(map);
      },
      close: () => store.disconnect(),
    };
  },
};
