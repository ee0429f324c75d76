import { IDBFactory as FakeFactory, forceCloseDatabase } from "fake-indexeddb";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import type { Entry, Key, KeyRange, ScanOptions, Store } from "../../src/adapter.ts";
import { guard } from "../../src/store/guard.ts";

/** A factory over which a test has a hand: it sees each database that opens and can change what its calls do. */
export interface HeldFactory {
  readonly factory: IDBFactory;
  /** Handles that were opened, in order. */
  readonly opened: IDBDatabase[];
  /** Upgrades that were begun, as an opening of what is not there does. */
  upgrades: number;
  /** Transactions begun for writing, or in vain. */
  writes: number;
  /** Called with each transaction as it begins; may throw, or alter it. */
  onTransaction: (transaction: IDBTransaction) => void;
}

export function heldFactory(): HeldFactory {
  const factory = new FakeFactory();
  const open = factory.open.bind(factory);
  const held: HeldFactory = { factory, opened: [], upgrades: 0, writes: 0, onTransaction: () => undefined };
  factory.open = (name, version) => {
    const request = open(name, version);
    request.addEventListener("upgradeneeded", () => void held.upgrades++);
    request.addEventListener("success", () => {
      const database = request.result;
      held.opened.push(database);
      const begin = database.transaction.bind(database);
      database.transaction = (...args) => {
        if (args[1] === "readwrite") held.writes++;
        const transaction = begin(...args);
        held.onTransaction(transaction);
        return transaction;
      };
    });
    return request;
  };
  return held;
}

export const key = (text: string) => text as Key;

/** A store as the engine has it: its failures have names. */
export function opened(held: HeldFactory, readOnly = false): Promise<Store> {
  return guard(indexedDB({ name: "faults", factory: held.factory, openTimeoutMs: 200 }), { readOnly });
}

export async function scanned(store: Store, range?: KeyRange, options?: ScanOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const chunk of store.scan(range ?? { from: key("a"), to: key("z") }, options))
    entries.push(...chunk);
  return entries;
}

/** What "Clear site data" does to an open handle. Resolves when the handle has been told, which is a little later. */
export function forceClose(database: IDBDatabase | undefined): Promise<unknown> {
  const told = new Promise((resolve) => database?.addEventListener("close", resolve));
  Reflect.apply(forceCloseDatabase, undefined, [database]);
  return told;
}

/** Lets one request of `method` fail as the browser would, instead of what it was to do. */
export function failRequest(
  transaction: IDBTransaction,
  method: "get" | "put" | "getAll",
  error: DOMException,
): void {
  const records = transaction.objectStore("records");
  const run = Reflect.get(transaction, "_execRequestAsync");
  const operation = () => {
    throw error;
  };
  Object.assign(records, {
    [method]: () => Reflect.apply(run, transaction, [{ source: records, operation }]),
  });
}

/** Lets the transaction fail at its end, after its requests have succeeded. `null`: the browser does not say why. */
export function failEnd(transaction: IDBTransaction, error: DOMException | null): void {
  transaction.commit = () => {
    transaction.abort();
    Object.assign(transaction, { error });
  };
}

export function failure(name: string, message = "injected"): DOMException {
  return new DOMException(message, name);
}

/** Deletes as another tab would, and says whether it had to wait. */
export function deleteDatabase(factory: IDBFactory, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = factory.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

export async function namesIn(factory: IDBFactory): Promise<(string | undefined)[]> {
  return (await factory.databases()).map(({ name }) => name);
}
