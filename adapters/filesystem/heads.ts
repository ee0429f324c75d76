import type { Key } from "../../src/adapter.ts";
import type { Item } from "./frame.ts";

/** The current bytes of the few keys that swaps move, so that comparing one needs no read. */
export interface Heads {
  get(key: Key): Uint8Array | undefined;
  remember(key: Key, value: Uint8Array): void;
  /** To be told of each commit. */
  note(items: readonly Item[]): void;
}

const MOST_KEYS = 16;
const MOST_BYTES = 64 * 1024;

export function createHeads(): Heads {
  const values = new Map<Key, Uint8Array>();
  return {
    get: (key) => values.get(key),
    remember(key, value) {
      values.delete(key);
      if (value.length > MOST_BYTES) return;
      // Copied, because a small value may be a view of a large buffer.
      values.set(key, new Uint8Array(value));
      const [oldest] = values.keys();
      if (values.size > MOST_KEYS && oldest !== undefined) values.delete(oldest);
    },
    note(items) {
      for (const { key } of items) values.delete(key);
    },
  };
}
