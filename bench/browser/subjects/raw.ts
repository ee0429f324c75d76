/** The raw ways to IndexedDB: a row a value, and a log of gathered segments. Relaxed durability, as all subjects here. */

import type { Entry, Opened, PageSubject, Value } from "./subject.ts";

const STORE = "rows";

export const rawRows: PageSubject = {
  name: "raw rows",
  async open(name) {
    const database = await openDatabase(name);

    function put(list: readonly Entry[]): Promise<void> {
      const transaction = database.transaction(STORE, "readwrite", { durability: "relaxed" });
      const store = transaction.objectStore(STORE);
      for (const [key, value] of list) store.put(value, key);
      transaction.commit();
      return done(transaction);
    }

    return {
      set: (key, value) => put([[key, value]]),
      setMany: put,
      get: (key) => answer(database.transaction(STORE).objectStore(STORE).get(key)),
      async load() {
        const store = database.transaction(STORE).objectStore(STORE);
        const [keys, values] = await Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
        const map = new Map(keys.map((key, i) => [key, values[i]]));
        return map.size;
      },
      close: () => database.close(),
    };
  },
};

export const rawSegments: PageSubject = {
  name: "raw segment log",
  async open(name) {
    const database = await openDatabase(name);
    const encoder = new TextEncoder();
    let lines: string[] = [];
    let next: Promise<void> | undefined;
    let last = Promise.resolve();
    let segment = 0;
    let map = new Map<string, Value>();

    async function flush(): Promise<void> {
      const bytes = encoder.encode(lines.join("\n"));
      lines = [];
      next = undefined;
      const transaction = database.transaction(STORE, "readwrite", { durability: "relaxed" });
      const store = transaction.objectStore(STORE);
      store.put(bytes, segment);
      store.put(++segment, "head");
      transaction.commit();
      await done(transaction);
    }

    function add(key: string, value: Value): Promise<void> {
      lines.push(JSON.stringify({ k: key, v: value }));
      if (next === undefined) {
        next = last.then(flush);
        last = next;
      }
      return next;
    }

    return {
      // A promise of its own for each caller, as whoever awaits a group commit has.
      async set(key, value) {
        await add(key, value);
      },
      async setMany(list) {
        for (const [key, value] of list) void add(key, value);
        await last;
      },
      get: (key) => map.get(key),
      async load() {
        const values: unknown[] = await answer(database.transaction(STORE).objectStore(STORE).getAll());
        const decoder = new TextDecoder();
        map = new Map();
        for (const bytes of values) {
          if (!(bytes instanceof Uint8Array)) continue;
          for (const line of decoder.decode(bytes).split("\n")) {
            const { k, v }: { k: string; v: Value } = JSON.parse(line);
            map.set(k, v);
          }
        }
        return map.size;
      },
      async close() {
        await last;
        database.close();
      },
    };
  },
};

export const rawMap: PageSubject = {
  name: "Map",
  async open() {
    const map = new Map<string, Value>();
    const opened: Opened = {
      set: async (key, value) => void map.set(key, value),
      async setMany(list) {
        for (const [key, value] of list) map.set(key, value);
      },
      get: (key) => map.get(key),
      load: async () => map.size,
      close: () => map.clear(),
    };
    return opened;
  },
};

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
  return answer(request);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
