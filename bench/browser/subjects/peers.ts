/** The libraries people use in browsers today, each at its own defaults for small records. */

import Dexie from "dexie";
import { openDB } from "idb";
import { createStore as createKeyval, get, entries as keyvalEntries, set, setMany } from "idb-keyval";
import localforage from "localforage";
import { createRxDatabase } from "rxdb";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";
import { createStore as createTinybase } from "tinybase";
import { createIndexedDbPersister } from "tinybase/persisters/persister-indexed-db";
import type { Entry, PageSubject } from "./subject.ts";

export const idbKeyval: PageSubject = {
  name: "idb-keyval",
  async open(name) {
    const store = createKeyval(name, "keyval");
    return {
      set: (key, value) => set(key, value, store),
      setMany: (list) => setMany(list as [string, unknown][], store),
      get: (key) => get(key, store),
      load: async () => new Map(await keyvalEntries(store)).size,
      close() {},
    };
  },
};

export const idb: PageSubject = {
  name: "idb",
  async open(name) {
    const database = await openDB(name, 1, { upgrade: (db) => void db.createObjectStore("rows") });
    return {
      set: (key, value) => database.put("rows", value, key),
      async setMany(list) {
        const transaction = database.transaction("rows", "readwrite");
        await Promise.all([
          ...list.map(([key, value]) => transaction.store.put(value, key)),
          transaction.done,
        ]);
      },
      get: (key) => database.get("rows", key),
      load: async () => (await database.getAll("rows")).length,
      close: () => database.close(),
    };
  },
};

export const dexie: PageSubject = {
  name: "Dexie",
  async open(name) {
    const database = new Dexie(name);
    database.version(1).stores({ rows: "" });
    await database.open();
    const table = database.table("rows");
    return {
      set: (key, value) => table.put(value, key),
      setMany: (list) =>
        table.bulkPut(
          list.map(([, value]) => value),
          list.map(([key]) => key),
        ),
      get: (key) => table.get(key),
      load: async () => (await table.toArray()).length,
      close: () => database.close(),
    };
  },
};

export const localForage: PageSubject = {
  name: "localForage",
  async open(name) {
    const store = localforage.createInstance({ name, driver: localforage.INDEXEDDB });
    await store.ready();
    return {
      set: (key, value) => store.setItem(key, value),
      setMany: (list) => Promise.all(list.map(([key, value]) => store.setItem(key, value))),
      get: (key) => store.getItem(key),
      async load() {
        let count = 0;
        await store.iterate(() => void count++);
        return count;
      },
      close() {},
    };
  },
};

export const tinybase: PageSubject = {
  name: "TinyBase",
  async open(name) {
    const store = createTinybase();
    const persister = createIndexedDbPersister(store, name);
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
        store.setCell("state", key, "value", JSON.stringify(value));
        return save();
      },
      setMany(list) {
        store.transaction(() => {
          for (const [key, value] of list) store.setCell("state", key, "value", JSON.stringify(value));
        });
        return save();
      },
      get: (key) => JSON.parse(String(store.getCell("state", key, "value"))),
      async load() {
        let count = 0;
        for (const key of store.getRowIds("state")) {
          JSON.parse(String(store.getCell("state", key, "value")));
          count++;
        }
        return count;
      },
      close: async () => void (await persister.destroy()),
    };
  },
};

export const rxdb: PageSubject = {
  name: "RxDB",
  async open(name) {
    const database = await createRxDatabase({ name, storage: getRxStorageDexie(), multiInstance: false });
    const { state } = await database.addCollections({
      state: {
        schema: {
          version: 0,
          primaryKey: "key",
          type: "object",
          properties: { key: { type: "string", maxLength: 64 }, value: { type: "object" } },
          required: ["key", "value"],
        },
      },
    });
    const documents = (list: readonly Entry[]) => list.map(([key, value]) => ({ key, value }));
    return {
      set: (key, value) => state.upsert({ key, value }),
      setMany: (list) => state.bulkUpsert(documents(list)),
      get: async (key) => (await state.findOne(key).exec())?.get("value"),
      load: async () => (await state.find().exec()).length,
      close: async () => void (await database.close()),
    };
  },
};
