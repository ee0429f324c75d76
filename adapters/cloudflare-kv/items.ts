import { fromBase64, type Key, StateError, toBase64 } from "../../src/adapter.ts";
import type { KeyValue } from "../shared/key-value.ts";
import type { KvNamespaceLike } from "./namespace.ts";

/** What the platform reads in one operation. */
const READ_KEYS = 100;

/** A store's records under keys `<prefix>/…` of a namespace. */
export interface KvItems extends KeyValue {
  /** One result for each key, by operations of up to 100 keys. */
  getAll(keys: readonly Key[]): Promise<(Uint8Array | undefined)[]>;
  /** All keys that begin so. */
  keysBelow(beginning: string): Promise<readonly Key[]>;
}

export function kvItems(namespace: KvNamespaceLike, prefix: string): KvItems {
  const own = (key: string) => `${prefix}/${key}`;

  /** Values may be too much for one operation, which nobody knows before; then each half is asked for alone. */
  async function read(keys: readonly Key[]): Promise<(Uint8Array | undefined)[]> {
    const [first] = keys;
    if (first === undefined) return [];
    if (keys.length === 1) return [bytesIn(await namespace.get(own(first), "text"), first)];
    const found = await readMany(keys);
    if (found !== undefined) return keys.map((key) => bytesIn(found.get(own(key)), key));
    const half = Math.ceil(keys.length / 2);
    return [...(await read(keys.slice(0, half))), ...(await read(keys.slice(half)))];
  }

  async function readMany(keys: readonly Key[]): Promise<ReadonlyMap<string, string | null> | undefined> {
    try {
      return await namespace.get(keys.map(own), "text");
    } catch (error) {
      if (isTooMuch(error)) return undefined;
      throw error;
    }
  }

  async function keysBelow(beginning: string): Promise<readonly Key[]> {
    const keys: Key[] = [];
    let cursor: string | null = null;
    for (;;) {
      const page = await namespace.list({ prefix: own(beginning), cursor });
      for (const { name } of page.keys) keys.push(name.slice(prefix.length + 1) as Key); // only keys are put there
      // A page may be empty and not the last; only this says that it is.
      if (page.list_complete) return keys;
      cursor = page.cursor ?? null;
    }
  }

  return {
    async getAll(keys) {
      const values: (Uint8Array | undefined)[] = [];
      for (let at = 0; at < keys.length; at += READ_KEYS) {
        values.push(...(await read(keys.slice(at, at + READ_KEYS))));
      }
      return values;
    },
    get: async (key) => bytesIn(await namespace.get(own(key), "text"), key),
    set: (key, value) => namespace.put(own(key), toBase64(value)),
    remove: (key) => namespace.delete(own(key)),
    keys: () => keysBelow(""),
    keysBelow,
  };
}

function isTooMuch(error: unknown): boolean {
  return error instanceof Error && error.message.includes("413");
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function bytesIn(text: string | null | undefined, key: Key): Uint8Array | undefined {
  if (text === null || text === undefined) return undefined;
  if (text.length % 4 === 0 && BASE64.test(text)) return fromBase64(text);
  throw new StateError("corrupt", `The value of ${key} was not written by this store. Nothing was changed.`, {
    key,
  });
}
