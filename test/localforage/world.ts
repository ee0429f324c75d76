/** The stores that the tests open. */
import "./fakes.ts";

import localforage from "localforage";
import { type LocalForageLike, localForage } from "../../adapters/localforage/index.ts";
import type { Key, Store } from "../../src/adapter.ts";
import type { StoreFixture } from "../../src/testing.ts";
import { fakeLocalStorage } from "./fakes.ts";

export type Driver = "indexeddb" | "localstorage";

let count = 0;

/** A name that no other test has. */
export function freshName(): string {
  return `test-${++count}`;
}

/** An instance as a user makes it, ready. */
export async function instanceOf(name: string, driver: Driver = "indexeddb"): Promise<typeof localforage> {
  const chosen = driver === "indexeddb" ? localforage.INDEXEDDB : localforage.LOCALSTORAGE;
  const instance = localforage.createInstance({ name, storeName: "mine", driver: chosen });
  await instance.ready();
  return instance;
}

/** `instance` with some of its methods replaced. */
export function changed(instance: LocalForageLike, methods: Partial<LocalForageLike>): LocalForageLike {
  return {
    ready: () => instance.ready(),
    driver: () => instance.driver(),
    config: () => instance.config(),
    getItem: (key) => instance.getItem(key),
    setItem: (key, value) => instance.setItem(key, value),
    removeItem: (key) => instance.removeItem(key),
    keys: () => instance.keys(),
    ...methods,
  };
}

export function fixtureOn(driver: Driver, swap: "shared" | "local"): StoreFixture {
  const isIndexedDB = driver === "indexeddb";
  return {
    traits: {
      atomicity: "prefix",
      swap,
      durability: isIndexedDB ? "process" : "none",
      maxValueBytes: isIndexedDB ? 2 ** 31 : 1024 * 1024,
      watch: true,
    },
    async open() {
      const name = freshName();
      const adapter = () => localForage({ name, driver });
      return { adapter: adapter(), another: adapter, dispose: async () => forget(name) };
    },
  };
}

function forget(name: string): void {
  const keys = Array.from({ length: fakeLocalStorage.length }, (_, n) => fakeLocalStorage.key(n) ?? "");
  for (const key of keys) if (key.startsWith(`${name}/`)) fakeLocalStorage.removeItem(key);
}

export function key(text: string): Key {
  return text as Key; // a literal from the alphabet of keys
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** All that is stored, as text by key. */
export async function contentOf(store: Store): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const chunk of store.scan({ from: key(""), to: key("~") })) {
    for (const entry of chunk) content[entry.key] = new TextDecoder().decode(entry.value);
  }
  return content;
}
