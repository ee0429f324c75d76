import type { LocalForageLike, OwnInstance } from "./instance.ts";

interface Common {
  /** The store's own part of the key space; keys that begin with it and a colon are the store's. Default "keepstate". */
  readonly prefix?: string;
  /**
   * The longest wait for another writer to finish its commit, and at opening for others to let the database be opened.
   * Milliseconds, default 10,000.
   */
  readonly lockTimeoutMs?: number;
}

interface Database extends Common {
  /** The database's name, as in `localforage.createInstance`. Without "/". */
  readonly name: string;
  /** The name of the part of the database. Without "/". Default "keepstate". */
  readonly storeName?: string;
  /** Default "indexeddb". Another one is never taken in its place. */
  readonly driver?: "indexeddb" | "localstorage";
}

interface Instance extends Common {
  /** A localForage instance of yours. It is never closed or dropped, and your own items stay as they are. */
  readonly instance: LocalForageLike;
}

/** Either a database to make, or an instance that is there. */
export type LocalForageAdapterOptions = Database | Instance;

export interface Checked {
  readonly prefix: string;
  readonly lockTimeoutMs: number;
  readonly source: OwnInstance | { readonly instance: LocalForageLike };
}

const COMMON = ["prefix", "lockTimeoutMs"];
const METHODS = ["ready", "driver", "config", "getItem", "setItem", "removeItem", "keys"];

/** Fills in what is left out. Throws a `TypeError` for what cannot be meant. */
export function checkOptions(options: LocalForageAdapterOptions): Checked {
  const { prefix = "keepstate", lockTimeoutMs = 10_000 } = options;
  if (typeof prefix !== "string" || !/^[\w.-]+$/.test(prefix)) {
    throw new TypeError("localForage(): prefix consists of letters, digits, and . _ -");
  }
  if (!(Number.isSafeInteger(lockTimeoutMs) && lockTimeoutMs > 0 && lockTimeoutMs < 2 ** 31)) {
    throw new TypeError("localForage(): lockTimeoutMs is a whole number of milliseconds above 0");
  }
  return { prefix, lockTimeoutMs, source: "instance" in options ? given(options) : own(options) };
}

function given(options: Instance): { readonly instance: LocalForageLike } {
  refuseOthers(options, ["instance", ...COMMON]);
  const { instance } = options;
  const has = (method: string) =>
    typeof instance === "object" && instance !== null && typeof Reflect.get(instance, method) === "function";
  if (!METHODS.every(has)) throw new TypeError("localForage(): instance is a localForage instance");
  return { instance };
}

function own(options: Database): OwnInstance {
  refuseOthers(options, ["name", "storeName", "driver", ...COMMON]);
  const { name, storeName = "keepstate", driver = "indexeddb" } = options;
  for (const text of [name, storeName]) {
    // On localStorage the two are joined by "/", so that different stores could meet.
    if (typeof text !== "string" || text === "" || text.includes("/")) {
      throw new TypeError('localForage() needs a name, such as localForage({ name: "my-app" }), without "/"');
    }
  }
  if (driver !== "indexeddb" && driver !== "localstorage") {
    throw new TypeError(`localForage(): driver is "indexeddb" or "localstorage", not ${String(driver)}`);
  }
  return { name, storeName, driver };
}

function refuseOthers(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`localForage() has no such option here: ${name}`);
  }
}
