import { StateError } from "../ground/error.ts";
import type { Key, Store } from "../store/store.ts";

/** A record that a pointer names is not there. Either the pointer has moved since, or the store has lost it. */
export function missingRecord(key: Key): StateError {
  return new StateError("stale", `record ${key} is not there (yet, or any more)`, { key });
}

/** Reads records that must be there; rejects with `stale` for one that is not. */
export async function readRecords(store: Store, keys: readonly Key[]): Promise<Uint8Array[]> {
  if (keys.length === 0) return [];
  const found = await store.get(keys);
  return keys.map((key, i) => {
    const bytes = found[i];
    if (bytes === undefined) throw missingRecord(key);
    return bytes;
  });
}
