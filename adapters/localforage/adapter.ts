import {
  type Failure,
  StateError,
  type StorageAdapter,
  type Store,
  type StoreOpening,
} from "../../src/adapter.ts";
import { announcer } from "../shared/announce.ts";
import { nameOf } from "../shared/error-name.ts";
import { exclusion } from "../shared/exclusion.ts";
import { commitInOrder, scanInOrder } from "../shared/key-value.ts";
import { pageLifecycle } from "../shared/page-lifecycle.ts";
import { ELSEWHERE, onIndexedDB } from "./capabilities.ts";
import { type LocalForageLike, openGiven, openInstance } from "./instance.ts";
import { itemsOf } from "./items.ts";
import { type LocalForageAdapterOptions, readOptions } from "./options.ts";

/** localForage's own name for its IndexedDB driver. */
const INDEXED_DB = "asyncStorage";

/** Chromium's words for a large value whose file is gone or damaged. */
const LOST_VALUE: ReadonlySet<string> = new Set(["DataError", "NotReadableError"]);
const NO_ROOM: ReadonlySet<string> = new Set(["QuotaExceededError", "NS_ERROR_DOM_QUOTA_REACHED"]);

/** Writes are made one after the other, and the pointer last: if one fails, the pointer is not moved any more. */
function classify(error: unknown): Failure | undefined {
  const name = nameOf(error);
  if (NO_ROOM.has(name)) return "quota";
  return LOST_VALUE.has(name) ? "corrupt" : undefined;
}

/**
 * A store in a localForage database, beside what else is kept there.
 *
 * On IndexedDB, and where the runtime has Web Locks, any number of tabs may write. Elsewhere it keeps out no writer of
 * another tab, so it opens with `require: { singleWriter: true }` or `readOnly` only; on localStorage what is committed may
 * also be lost when the browser ends.
 *
 * Opening rejects with `unsupported` where the runtime lacks the driver, `locked` while others keep the database from
 * opening, and `unavailable`. A commit rejects with `locked` when another writer keeps the lock for longer than
 * `lockTimeoutMs`, and with `quota` when there is no room; in both cases nothing has changed for a reader.
 *
 * @example
 * const state = await StateManager.open({ storage: localForage({ name: "my-app" }) });
 */
export function localForage(options: LocalForageAdapterOptions): StorageAdapter {
  const { prefix, lockTimeoutMs, source } = readOptions(options);
  const { name, storeName } = "instance" in source ? source.instance.config() : source;
  const lifecycle = pageLifecycle({ name: `localforage:${JSON.stringify([name, storeName, prefix])}` });

  async function open({ readOnly, signal }: StoreOpening): Promise<Store> {
    signal?.throwIfAborted();
    const instance =
      "instance" in source
        ? await openGiven(source.instance, lockTimeoutMs)
        : await openInstance(source, lockTimeoutMs);
    return storeOn(instance, { prefix, lockTimeoutMs, readOnly });
  }

  return { name: "localforage", classify, open, lifecycle };
}

interface StoreOptions {
  readonly prefix: string;
  readonly lockTimeoutMs: number;
  readonly readOnly: boolean;
}

function storeOn(instance: LocalForageLike, { prefix, lockTimeoutMs, readOnly }: StoreOptions): Store {
  const { name, storeName } = instance.config();
  const isIndexedDB = instance.driver() === INDEXED_DB;
  const data = JSON.stringify(["keepstate", instance.driver(), name, storeName, prefix]);
  const items = itemsOf(instance, prefix);
  const { reach, run } = exclusion(data, lockTimeoutMs);
  const others = announcer(data);

  const store: Store = {
    capabilities: isIndexedDB ? onIndexedDB(reach === "origin" ? "shared" : "local") : ELSEWHERE,
    async get(keys, signal) {
      signal?.throwIfAborted();
      return Promise.all(keys.map((key) => items.get(key)));
    },
    scan: (range, options) => scanInOrder(items, range, options),
    async commit(batch) {
      if (readOnly) {
        throw new StateError("read_only", "This store was opened read-only.", { adapter: "localforage" });
      }
      if (others?.held !== undefined) await others.held;
      const outcome = await run(() => commitInOrder(items, batch));
      if (outcome === "committed") others?.tell();
      return outcome;
    },
    /** The database stays open: it is localForage's, and others may use it. */
    async close() {
      others?.close();
    },
  };
  return others === undefined ? store : { ...store, watch: others.listen, plead: others.plead };
}
