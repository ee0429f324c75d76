import { equalBytes } from "../ground/bytes.ts";
import { StateError } from "../ground/error.ts";
import { decodeHead } from "./head.ts";
import { HEAD_KEY } from "./keys.ts";
import { adopt, chainSince, POINTER_READS, refuseIfStill, restless, unlessStale } from "./load.ts";
import { headRevision, type JournalState } from "./state.ts";
import type { TailPage } from "./tail.ts";

/** Reads what other writers committed since, and returns their pages in order. */
export async function refresh(state: JournalState): Promise<readonly TailPage[]> {
  for (let attempt = 0; attempt < POINTER_READS; attempt++) {
    const [bytes] = await state.store.get([HEAD_KEY]);
    const known = headRevision(state);
    if (bytes === undefined || equalBytes(bytes, state.headBytes)) return [];
    const head = decodeHead(bytes);
    if (state.head !== undefined && head.timeline !== state.head.timeline) throw replaced(state);
    if (head.page < known || (head.page === known && head.fence < (state.head?.fence ?? 0))) return []; // an old read
    const followed = await unlessStale(chainSince(state, head, known));
    if (followed !== undefined) {
      adopt(state, head, bytes, followed);
      return followed.chain.pages.filter(({ page }) => page.revision > known);
    }
    await refuseIfStill(state, head, bytes, state.checkpointBytes);
  }
  throw restless();
}

function replaced(state: JournalState): StateError {
  state.readOnly = new StateError(
    "unknown_outcome",
    "the store was replaced by a restore or a fork; open it again",
  );
  return state.readOnly;
}
