import type { Capabilities, StorageAdapter } from "../../src/adapter.ts";
import { checkOptions } from "../shared/options.ts";
import { pageLifecycle } from "../shared/page-lifecycle.ts";
import { connect } from "./connection.ts";
import { classify, openingFailure, unusable } from "./failure.ts";
import { storeOn } from "./store.ts";

export interface IndexedDBOptions {
  /** The database's name in its origin. Any text without "/". */
  readonly name: string;
  /** A store of its own under the same name: the database is then called `name/storeName`. */
  readonly storeName?: string;
  /**
   * `relaxed` (default): a commit survives the end of the tab, of the browser and of its processes. `strict`: it is on disk,
   * where the browser knows the option; else the store declares durability `process` all the same.
   */
  readonly durability?: "relaxed" | "strict";
  /** Where IndexedDB cannot be used at all, state lives in memory and ends with the page. Without it, opening rejects. */
  readonly fallback?: "memory";
  /** How long opening waits for other tabs, in milliseconds. Default 10,000. */
  readonly openTimeoutMs?: number;
  /**
   * The factory to use instead of the global one, such as that of a storage bucket. Buffered writes that wait when a page
   * ends are then not kept in `localStorage`, which is one for all factories.
   */
  readonly factory?: IDBFactory;
}

const EXAMPLE = 'indexedDB({ name: "my-app" })';
const OPTIONS = ["name", "storeName", "durability", "fallback", "openTimeoutMs", "factory"];

const UNLIMITED = 2 ** 31;

const CAPABILITIES: Capabilities = {
  atomicity: "batch",
  swap: "shared",
  consistency: "strong",
  durability: "process",
  maxValueBytes: UNLIMITED,
  maxBatch: { count: UNLIMITED, bytes: UNLIMITED },
  minPutIntervalMs: 0,
  stalenessMs: 0,
};

/**
 * A store in an IndexedDB database of its own, for browsers: pages, workers and service workers, any number at once.
 *
 * Opening rejects with `unsupported` where IndexedDB cannot be used (private windows of some browsers, blocked site
 * data; see `fallback`), `locked` or `unavailable` if other tabs keep it from opening for too long, `invalid` for a
 * database of another program, `newer_format`. A database that is deleted while it is open makes each call reject with
 * `unavailable`. A read-only opening of a database that is not there is an empty store, and makes none.
 *
 * @example
 * const state = await StateManager.open({ storage: indexedDB({ name: "my-app" }) });
 */
export function indexedDB(options: IndexedDBOptions): StorageAdapter {
  check(options);
  const { name, storeName, durability = "relaxed", fallback, openTimeoutMs: timeoutMs = 10_000 } = options;
  const database = storeName === undefined ? name : `${name}/${storeName}`;
  const lifecycle = pageLifecycle({ name: `indexeddb:${database}` });

  async function open({ readOnly, signal }: Parameters<StorageAdapter["open"]>[0]) {
    signal?.throwIfAborted();
    // Reading the global may throw, and some browsers put null there.
    const factory: IDBFactory | null | undefined = options.factory ?? globalThis.indexedDB;
    if (!factory) throw unusable(undefined);
    const opening = { factory, name: database, timeoutMs };
    const connection = await connect(opening, !readOnly, { durability });
    const isStrict = durability === "strict" && "durability" in IDBTransaction.prototype;
    const capabilities = isStrict ? { ...CAPABILITIES, durability: "power" as const } : CAPABILITIES;
    return storeOn({ connection, capabilities, readOnly, channel: `keepstate:indexeddb:${database}` });
  }

  return {
    name: "indexeddb",
    classify,
    // Another factory may have a database of the same name, and what waits in localStorage would be taken for its own.
    lifecycle: lifecycle && options.factory ? { ...lifecycle, pending: undefined } : lifecycle,
    ...(fallback !== undefined && { fallback }),
    open: (opening) =>
      open(opening).catch((error: unknown) => {
        throw openingFailure(error);
      }),
  };
}

function check(options: IndexedDBOptions): void {
  checkOptions(EXAMPLE, options, OPTIONS);
  const { name, storeName = "-", durability, fallback, openTimeoutMs = 1, factory } = options;
  for (const [option, text] of Object.entries({ name, storeName })) {
    // Lone surrogates have no place in the names that are made of these.
    if (typeof text !== "string" || text === "" || /[/\p{Surrogate}]/u.test(text))
      throw new TypeError(`indexedDB(): ${option} is a text without "/", such as ${EXAMPLE}.`);
  }
  if (!["relaxed", "strict", undefined].includes(durability))
    throw new TypeError('indexedDB(): durability is "relaxed" or "strict".');
  if (!["memory", undefined].includes(fallback))
    throw new TypeError('indexedDB(): fallback can only be "memory".');
  // Timers take what is longer for no time at all.
  if (!(Number.isSafeInteger(openTimeoutMs) && openTimeoutMs > 0 && openTimeoutMs < 2 ** 31))
    throw new TypeError("indexedDB(): openTimeoutMs is a whole number of milliseconds above 0.");
  if (factory !== undefined && typeof factory?.open !== "function")
    throw new TypeError("indexedDB(): factory is an IDBFactory.");
}
