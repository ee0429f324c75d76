import type { Batch, CommitOutcome, Key, Store } from "../store/store.ts";
import type { JournalState } from "./state.ts";

/** Commits when the store takes another put of the swap's key; pointers are the only records that are put twice. */
export async function commitPaced(state: JournalState, batch: Batch): Promise<CommitOutcome> {
  const { minPutIntervalMs } = state.store.capabilities;
  const key = batch.swap?.key;
  if (minPutIntervalMs > 0 && key !== undefined) {
    await untilPut(state, key);
    try {
      return await state.store.commit(batch);
    } finally {
      state.lastPut.set(key, state.ports.clock.elapsed());
    }
  }
  return state.store.commit(batch);
}

/** Resolves when the store takes another put of the key. */
export async function untilPut(state: JournalState, key: Key): Promise<void> {
  const { minPutIntervalMs } = state.store.capabilities;
  for (;;) {
    const last = state.lastPut.get(key) ?? Number.NEGATIVE_INFINITY;
    const wait = last + minPutIntervalMs - state.ports.clock.elapsed();
    if (!(wait > 0)) return;
    await pause(wait);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How long other writers are asked to wait for one that they overtake: enough to read what they wrote, and commit. */
const TURN_MS = 500;

/** A writer that is always overtaken is not faster for trying faster: it asks for its turn, or else keeps out of step. */
export async function giveWay(store: Store, attempts: number): Promise<void> {
  if (store.plead !== undefined) store.plead(TURN_MS);
  else await pause(Math.random() * Math.min(40, 2 ** attempts));
}
