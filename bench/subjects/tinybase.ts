/** TinyBase with its file persister: each save writes the whole store. */

import { join } from "node:path";
import type { Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Store {
  setCell(table: string, row: string, cell: string, value: Value): Store;
  getCell(table: string, row: string, cell: string): Value | undefined;
  getRowIds(table: string): string[];
  transaction(body: () => void): void;
}
interface Persister {
  load(): Promise<unknown>;
  save(): Promise<unknown>;
  destroy(): Promise<unknown>;
}
interface Persisters {
  createFilePersister(store: Store, path: string): Persister;
}

export const tinybase: Subject = {
  name: "TinyBase file",
  durable: false,
  history: false,
  note: "writes the whole file without a sync; sets made in one turn share a save",
  imports: ["tinybase", "tinybase/persisters/persister-file"],
  async open(dir: string): Promise<Opened> {
    const { createStore } = await peer<{ createStore(): Store }>("tinybase");
    const { createFilePersister } = await peer<Persisters>("tinybase/persisters/persister-file");
    const store = createStore();
    const persister = createFilePersister(store, join(dir, "tinybase.json"));
    await persister.load();
    let saving: Promise<unknown> | undefined;

    function save(): Promise<unknown> {
      saving ??= Promise.resolve().then(() => {
        saving = undefined;
        return persister.save();
      });
      return saving;
    }
    return {
      set(key, value) {
        store.setCell("state", key, "value", value);
        return save();
      },
      setMany(list) {
        store.transaction(() => {
          for (const [key, value] of list) store.setCell("state", key, "value", value);
        });
        return save();
      },
      get: (key) => store.getCell("state", key, "value"),
      async load() {
        const map = new Map<string, Value>();
        for (const key of store.getRowIds("state")) {
          const value = store.getCell("state", key, "value");
          if (value !== undefined) map.set(key, value);
        }
        return held(map);
      },
      close: async () => void (await persister.destroy()),
    };
  },
};
