import { checkOptions } from "../shared/options.ts";
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

const EXAMPLE = 'localForage({ name: "my-app" })';
const COMMON = ["prefix", "lockTimeoutMs"];
const OWN = ["name", "storeName", "driver", ...COMMON];
const GIVEN = ["instance", ...COMMON];
const METHODS = ["ready", "driver", "config", "getItem", "setItem", "removeItem", "keys"];

/** Fills in what is left out. Throws a `TypeError` for what cannot be meant. */
export function readOptions(options: LocalForageAdapterOptions): Checked {
  checkOptions(EXAMPLE, options, ["instance", ...OWN]);
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
  checkOptions("localForage({ instance })", options, GIVEN);
  const { instance } = options;
  const has = (method: string) =>
    typeof instance === "object" && instance !== null && typeof Reflect.get(instance, method) === "function";
  if (!METHODS.every(has)) throw new TypeError("localForage(): instance is a localForage instance");
  return { instance };
}

function own(options: Database): OwnInstance {
  const { name, storeName = "keepstate", driver = "indexeddb" } = options;
  for (const [option, text] of Object.entries({ name, storeName })) {
    // On localStorage the two are joined by "/", so that different stores could meet.
    if (typeof text !== "string" || text === "" || text.includes("/")) {
      throw new TypeError(`localForage(): ${option} is a text without "/", such as ${EXAMPLE}`);
    }
  }
  if (driver !== "indexeddb" && driver !== "localstorage") {
    throw new TypeError(`localForage(): driver is "indexeddb" or "localstorage", not ${String(driver)}`);
  }
  return { name, storeName, driver };
}
