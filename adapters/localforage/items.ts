/** A store's records as items of a localForage instance, apart from the items that its user keeps there. */
import { type Key, StateError } from "../../src/adapter.ts";
import { alone } from "../shared/alone.ts";
import type { KeyValue } from "../shared/key-value.ts";
import { connection } from "./connection.ts";
import type { LocalForageLike } from "./instance.ts";

/**
 * Items whose key begins with `prefix` and a colon. Keys have no colon, so no prefix is the beginning of another; and it is
 * not a slash, by which localForage's localStorage driver divides the names of databases.
 */
export function itemsOf(instance: LocalForageLike, prefix: string): KeyValue {
  const start = `${prefix}:`;
  const { read } = connection(instance, start);
  return {
    get: (key) => read(async () => bytesIn(await instance.getItem(start + key), start + key)),
    async set(key, value) {
      await instance.setItem(start + key, alone(value));
    },
    remove: (key) => instance.removeItem(start + key),
    async keys() {
      const all = await read(() => instance.keys());
      return all.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length) as Key);
    },
  };
}

/** localForage says `null` for what is absent. */
function bytesIn(item: unknown, key: string): Uint8Array | undefined {
  if (item === null || item === undefined) return undefined;
  // By its tag, because an instance from another frame makes arrays of that frame.
  if (ArrayBuffer.isView(item) && Object.prototype.toString.call(item) === "[object Uint8Array]") {
    return new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
  }
  const message = `What localForage keeps as ${key} is not bytes: it was not written by this store. Nothing was changed.`;
  throw new StateError("corrupt", message, { adapter: "localforage", key });
}
