import type { Key, Store } from "../store/store.ts";
import type { Checkpoint } from "./head.ts";
import { namedKey } from "./keys.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

/**
 * Each checkpoint names a list of the records it put out of use, so that a writer that comes after a crash between the
 * pointer's move and the deletion knows them without searching the store.
 */
export function encodeGarbage(key: Key, garbage: readonly Key[]): Uint8Array {
  return encodeRecord(key, { meta: garbage, text: "", parts: [] });
}

/** The list that a checkpoint names; empty where it names none or the list itself was collected. */
export async function readGarbage(store: Store, checkpoint: Checkpoint): Promise<readonly Key[]> {
  if (checkpoint.garbage === null) return [];
  const key = namedKey(checkpoint.garbage);
  const [bytes] = await store.get([key]);
  return bytes === undefined ? [] : (decodeRecord(key, bytes).meta as Key[]); // written by encodeGarbage
}
