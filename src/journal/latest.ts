import type { Revision } from "../ground/revision.ts";
import { type CheckpointPointer, readCheckpoint } from "./load.ts";
import { headRevision, type JournalState } from "./state.ts";

/**
 * The checkpoint to build on: not older than the one this opening knows, whose tail would not reach back to it, and not
 * newer than its head. Undefined where there is none such; another writer is ahead then, or the record is lost.
 *
 * On an eventual store the one that is there may be older than what was read before, or lead to commits that this opening
 * was not shown. To build on those would mix two branches; what they hold is found as forked pages.
 */
export async function latestCheckpoint(
  state: JournalState,
  epoch: Revision,
): Promise<CheckpointPointer | undefined> {
  const { checkpoint: own, checkpointBytes } = state;
  const pointer = await readCheckpoint(state, epoch);
  const { revision, forked = [] } = pointer.checkpoint;
  const isOld = pointer.bytes === undefined || revision < own.revision;
  if (state.store.capabilities.consistency === "eventual") {
    if (isOld) return { checkpoint: own, bytes: checkpointBytes };
    if (revision !== own.revision && !state.tail.pages().some(({ page }) => page.revision === revision))
      return { checkpoint: { ...own, forked: [...(own.forked ?? []), ...forked] }, bytes: pointer.bytes };
  }
  return isOld || revision > headRevision(state) ? undefined : pointer;
}
