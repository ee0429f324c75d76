/** Which localForage instance a store works on, and getting it ready. */
import localforage from "localforage";
import { StateError } from "../../src/adapter.ts";
import { settlesWithin } from "../shared/deadline.ts";

/** What is used of a localForage instance. */
export interface LocalForageLike {
  ready(): Promise<void>;
  driver(): string;
  config(): { readonly name?: string; readonly storeName?: string };
  getItem(key: string): Promise<unknown>;
  setItem(key: string, value: unknown): Promise<unknown>;
  removeItem(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

/** An instance that is made here. */
export interface OwnInstance {
  readonly name: string;
  readonly storeName: string;
  readonly driver: "indexeddb" | "localstorage";
}

const DRIVERS = { indexeddb: localforage.INDEXEDDB, localstorage: localforage.LOCALSTORAGE };

/** localForage never lets go of an instance, and all those of a database share its fate: so one for each store. */
const made = new Map<string, typeof localforage>();

/**
 * The instance, with its database open. Rejects with `unsupported` where the driver does not exist, and with `locked`
 * where others keep the database from opening for longer than `patienceMs` milliseconds.
 */
export async function openInstance(own: OwnInstance, patienceMs: number): Promise<LocalForageLike> {
  const { name, storeName } = own;
  const driver = DRIVERS[own.driver];
  if (!localforage.supports(driver)) {
    const message = `localForage cannot use ${own.driver} here: this runtime has none, or forbids it.`;
    throw new StateError("unsupported", message, { adapter: "localforage" });
  }
  const id = JSON.stringify([name, storeName, driver]);
  // One driver and no other: a silent change to a weaker one would change what the store promises.
  const instance = made.get(id) ?? localforage.createInstance({ name, storeName, driver });
  made.set(id, instance);
  await opened(openOrTryAgain(instance, driver), patienceMs);
  return instance;
}

/** The same for an instance that the caller made. Its drivers are the caller's choice, so a failure is not tried again. */
export async function openGiven(instance: LocalForageLike, patienceMs: number): Promise<LocalForageLike> {
  await opened(instance.ready(), patienceMs);
  return instance;
}

/** An instance that could not open its database stays so until its driver is set again. */
async function openOrTryAgain(instance: typeof localforage, driver: string): Promise<void> {
  const [first] = await Promise.allSettled([instance.ready()]);
  if (first.status === "fulfilled") return;
  await instance.setDriver(driver);
  await instance.ready();
}

/** localForage itself waits without an end for connections that do not let the database be changed. */
async function opened(opening: Promise<void>, patienceMs: number): Promise<void> {
  if (await settlesWithin(opening, patienceMs)) return opening;
  throw new StateError(
    "locked",
    `Another connection has kept the database from being opened for more than ${patienceMs} ms. Close other tabs of this site, or try again.`,
    { adapter: "localforage" },
  );
}
