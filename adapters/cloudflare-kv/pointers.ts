import type { Key } from "../../src/adapter.ts";

/** The pointers that this program writes, as it last wrote them. KV may show older ones for a while. */
export interface Pointers {
  /** From now on what is written to the key is remembered. All other names are written once and never old. */
  follow(key: Key): void;
  /** A copy of what was written last, if that is known and KV may still show something older. */
  newest(key: Key): Uint8Array | undefined;
  /** Writes, and remembers it. After a failure nothing is known: KV may show the one or the other. */
  during(key: Key, value: Uint8Array | undefined, write: () => Promise<void>): Promise<void>;
}

/** `forgetMs`: after so many milliseconds KV is believed again, so that another writer's doing comes to light. */
export function pointersOf(forgetMs: number): Pointers {
  const followed = new Map<Key, { value: Uint8Array; until: number } | undefined>();
  return {
    follow(key) {
      if (!followed.has(key)) followed.set(key, undefined);
    },
    newest(key) {
      const known = followed.get(key);
      return known === undefined || Date.now() > known.until ? undefined : new Uint8Array(known.value);
    },
    async during(key, value, write) {
      if (!followed.has(key)) return write();
      followed.set(key, undefined);
      await write();
      if (value !== undefined) followed.set(key, { value, until: Date.now() + forgetMs });
    },
  };
}
