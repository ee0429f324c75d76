import { isStateError } from "../ground/error.ts";
import type { Key } from "../store/store.ts";
import type { Checkpoint } from "./head.ts";
import { namedKey } from "./keys.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { JournalState } from "./state.ts";

/**
 * Each checkpoint names a list of the records it put out of use, so that a writer that comes after a crash between the
 * pointer's move and the deletion knows them without searching the store. The list goes last.
 */
export function encodeGarbage(key: Key, garbage: readonly Key[]): Uint8Array {
  return encodeRecord(key, { meta: garbage, text: "", parts: [] });
}

/** The list that a checkpoint names, with the list itself; empty where all of it was deleted. */
export async function readGarbage(
  { store, ports }: Pick<JournalState, "store" | "ports">,
  checkpoint: Checkpoint,
): Promise<readonly Key[]> {
  if (checkpoint.garbage === null) return [];
  const key = namedKey(checkpoint.garbage);
  try {
    const [bytes] = await store.get([key]);
    return bytes === undefined ? [] : [...(decodeRecord(key, bytes).meta as Key[]), key]; // written by encodeGarbage
  } catch (error) {
    if (!isStateError(error, "corrupt")) throw error;
    // Garbage that stays costs room and nothing else; so does its list.
    ports.logger.warn("a list of garbage cannot be read; what it names stays where it is", { error });
    return [];
  }
}
