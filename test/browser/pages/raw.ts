/** A page that knows nothing of keepstate: what another program, or damage, does to a database. */
const request = <T>(asked: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

const open = (name: string, version?: number) => request(indexedDB.open(name, version));

/** Kept open, and kept so when somebody asks to change the version: as a forgotten tab does. */
const held: IDBDatabase[] = [];

const raw = {
  async hold(name: string): Promise<void> {
    held.push(await open(name));
  },
  letGo(): void {
    for (const database of held.splice(0)) database.close();
  },
  /** Asks for a deletion and does not wait for it. */
  beginDelete(name: string): void {
    indexedDB.deleteDatabase(name);
  },
  /** All records, as text that can be compared. */
  async dump(name: string): Promise<Record<string, string>> {
    const database = await open(name);
    const found: Record<string, string> = {};
    for (const store of database.objectStoreNames) {
      const records = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([
        request(records.getAllKeys()),
        request(records.getAll() as IDBRequest<unknown[]>),
      ]);
      for (const [i, key] of keys.entries()) found[`${store}/${String(key)}`] = String(values[i]);
    }
    database.close();
    return found;
  },
  /** Flips the last bit of a record's bytes. */
  async flip(name: string, store: string, key: string): Promise<void> {
    const database = await open(name);
    const records = database.transaction(store, "readwrite").objectStore(store);
    const bytes: unknown = await request(records.get(key));
    if (!(bytes instanceof Uint8Array) || bytes.length === 0) throw new TypeError(`no bytes at ${key}`);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await request(records.put(bytes, key));
    database.close();
  },
  /** What else pages keep: the origin's localStorage. */
  local: () => ({ ...localStorage }),
};

export type RawApi = typeof raw;

Object.assign(globalThis, { raw });
