/** The store conformance suite in a page. A driver calls `conformance(name)` for each name of `fixtures`. */
import { indexedDB as indexedDBAdapter } from "keepstate/adapters/indexeddb";
import { localForage } from "keepstate/adapters/localforage";
import { memory } from "keepstate/adapters/memory";
import { type StoreFixture, storeCases } from "keepstate/testing";

const MEBIBYTE = 1024 * 1024;

/** A database of its own for each case. A deletion waits until all tabs have let go of it. */
let names = 0;
function freshName(): string {
  names += 1;
  return `conformance-${names}-${crypto.randomUUID()}`;
}

function deleted(database: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

function onIndexedDB(durability: "relaxed" | "strict"): StoreFixture {
  return {
    traits: {
      durability: durability === "strict" ? "power" : "process",
      watch: true,
      maxValueBytes: 2 ** 31,
      maxBatch: { count: 2 ** 31, bytes: 2 ** 31 },
    },
    async open() {
      const name = freshName();
      const adapter = () => indexedDBAdapter({ name, durability });
      return { adapter: adapter(), another: adapter, dispose: () => deleted(name) };
    },
  };
}

function onLocalForage(driver: "indexeddb" | "localstorage"): StoreFixture {
  const isDatabase = driver === "indexeddb";
  return {
    traits: {
      atomicity: "prefix",
      swap: isDatabase ? "shared" : "local",
      durability: isDatabase ? "process" : "none",
      watch: true,
      maxValueBytes: isDatabase ? 2 ** 31 : MEBIBYTE,
    },
    async open() {
      const name = freshName();
      const adapter = () => localForage({ name, driver });
      return {
        adapter: adapter(),
        another: adapter,
        // A database stays open in localForage and goes with the profile; localStorage would run full.
        dispose: async () => {
          if (!isDatabase) localStorage.clear();
        },
      };
    },
  };
}

const fixtures: Readonly<Record<string, StoreFixture>> = {
  memory: {
    traits: { durability: "none", watch: true },
    open: async () => ({ adapter: memory(), dispose: async () => undefined }),
  },
  "indexeddb, relaxed": onIndexedDB("relaxed"),
  "indexeddb, strict": onIndexedDB("strict"),
  "localforage on IndexedDB": onLocalForage("indexeddb"),
  "localforage on localStorage": onLocalForage("localstorage"),
};

export interface ConformanceResult {
  readonly durability: string;
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

async function conformance(name: string): Promise<ConformanceResult> {
  const fixture = fixtures[name];
  if (fixture === undefined) throw new TypeError(`there is no fixture ${name}`);
  const failed: { name: string; message: string }[] = [];
  const skipped: { name: string; reason: string }[] = [];
  let passed = 0;
  for (const { name, skipped: reason, run } of storeCases(fixture)) {
    if (reason !== undefined) {
      skipped.push({ name, reason });
      continue;
    }
    try {
      await run();
      passed += 1;
    } catch (error) {
      failed.push({ name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { durability: fixture.traits?.durability ?? "none", passed, failed, skipped };
}

/** What the page's platform has, to be sure that no stand-in is tested. */
function platform(): Record<string, boolean> {
  const isNative = (made: unknown) => typeof made === "function" && /\[native code\]/.test(String(made));
  return {
    IndexedDB: isNative(IDBFactory) && isNative(indexedDB.open),
    "Web Locks": isNative(navigator.locks.request),
    BroadcastChannel: isNative(BroadcastChannel),
  };
}

Object.assign(globalThis, { conformance, platform, fixtures: Object.keys(fixtures) });
