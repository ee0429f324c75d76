import type { Batch, CommitOutcome } from "../store/store.ts";
import type { JournalState } from "./state.ts";

/** Commits when the store takes another put of the swap's key; pointers are the only records that are put twice. */
export async function commitPaced(state: JournalState, batch: Batch): Promise<CommitOutcome> {
  const { minPutIntervalMs } = state.store.capabilities;
  const key = batch.swap?.key;
  if (minPutIntervalMs > 0 && key !== undefined) {
    const { clock } = state.ports;
    for (;;) {
      const wait = (state.lastPut.get(key) ?? Number.NEGATIVE_INFINITY) + minPutIntervalMs - clock.elapsed();
      if (!(wait > 0)) break;
      await pause(wait);
    }
    try {
      return await state.store.commit(batch);
    } finally {
      state.lastPut.set(key, clock.elapsed());
    }
  }
  return state.store.commit(batch);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
