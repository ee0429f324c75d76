import { equalBytes, type Key } from "../../src/adapter.ts";

/** The pointers that this program writes, as it last wrote them. KV may show older ones for a while. */
export interface Pointers {
  /** From now on what is written to the key is remembered. All other names are written once and never old. */
  follow(key: Key): void;
  /** This program wrote the key a short while ago, so what KV shows is not needed to know what is in it. */
  remembers(key: Key): boolean;
  /** A copy of what was written last, if that is known and KV may still show something older. */
  newest(key: Key): Uint8Array | undefined;
  /** What a key that `newest` does not know is to be taken for, given what KV shows. */
  judge(key: Key, shown: Uint8Array | undefined): Uint8Array | undefined;
  /** Writes, and remembers it. */
  during(key: Key, value: Uint8Array | undefined, write: () => Promise<void>): Promise<void>;
}

interface Written {
  readonly value: Uint8Array;
  readonly until: number;
  /** Puts after it that failed, so it is not known whether they landed. */
  readonly tried: readonly Uint8Array[];
}

/** `forgetMs`: after so many milliseconds KV is believed again, so that another writer's doing comes to light. */
export function pointersOf(forgetMs: number): Pointers {
  const followed = new Map<Key, Written | undefined>();

  function known(key: Key): Written | undefined {
    const written = followed.get(key);
    return written === undefined || Date.now() > written.until ? undefined : written;
  }

  function remember(key: Key, value: Uint8Array): void {
    followed.set(key, { value, until: Date.now() + forgetMs, tried: [] });
  }

  return {
    follow(key) {
      if (!followed.has(key)) followed.set(key, undefined);
    },
    remembers: (key) => known(key) !== undefined,
    newest(key) {
      const written = known(key);
      return written === undefined || written.tried.length > 0 ? undefined : new Uint8Array(written.value);
    },
    judge(key, shown) {
      const written = known(key);
      if (written === undefined) return shown;
      const landed = written.tried.find((tried) => equalBytes(tried, shown));
      // If none of the puts that failed is shown, what is shown is at most as new as the one before them.
      if (landed === undefined) return new Uint8Array(written.value);
      remember(key, landed);
      return shown;
    },
    async during(key, value, write) {
      if (!followed.has(key)) return write();
      const before = value === undefined ? undefined : known(key);
      // Also for whoever reads while it is on its way.
      followed.set(key, before && value && { ...before, tried: [...before.tried, value] });
      await write();
      if (value !== undefined) remember(key, value);
    },
  };
}
