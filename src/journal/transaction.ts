import type { Revision } from "../ground/revision.ts";
import { REVISION_ZERO } from "../ground/revision.ts";
import type { Write } from "../store/store.ts";
import type { Change, Commit, Staged } from "./commit.ts";
import { stagedKey, valueKey } from "./keys.ts";
import { encodePage } from "./page.ts";
import { encodeRecord } from "./record.ts";
import { headRevision, type JournalState } from "./state.ts";
import { storedSize } from "./tail.ts";
import { isLarge, LARGE_VALUE, valueSize } from "./values.ts";

/** A staged page wants about this many bytes of values. */
const STAGED_BYTES = 512 * 1024;

export interface StagedChanges {
  readonly staged: Staged;
  /** As they are stored: large values by name. */
  readonly changes: readonly Change[];
}

/**
 * Writes changes to staged pages, off the chain. They happen when a marker that names them is on the chain, all at once
 * and under the marker's revision; without a marker they never do, and a later sweep removes them.
 *
 * Call it in the turn that commits the marker: a sweep of this opening waits for its end, and finds the marker. Another
 * writer may sweep what is staged, but only behind a fence of the head; then the marker's swap fails, and everything is
 * staged again under new names.
 */
export async function stage(state: JournalState, changes: readonly Change[]): Promise<StagedChanges> {
  const transaction = state.mint.next(headRevision(state));
  const stored: Change[] = [];
  let pages = 0;
  let large = 0;
  let run: Change[] = [];
  let size = 0;
  let writes: Write[] = [];
  const flush = async () => {
    if (run.length === 0) return;
    const key = stagedKey(transaction, pages++);
    writes.push({ put: key, value: encodePage(key, stagedPage(transaction, run)).bytes });
    await state.store.commit({ writes });
    stored.push(...run);
    run = [];
    writes = [];
    size = 0;
  };
  for (const change of changes) {
    const { value } = change;
    if (value !== undefined && !isLarge(value) && valueSize(value) > LARGE_VALUE) {
      const key = valueKey(transaction, large++);
      const record = { meta: { format: value.format }, text: value.text, parts: value.parts };
      writes.push({ put: key, value: encodeRecord(key, record) });
      run.push({ ...change, value: { large: key } });
    } else run.push(change);
    size += storedSize(value) + change.key.length;
    if (size >= STAGED_BYTES) await flush();
  }
  await flush();
  const scopes = [...new Set(stored.map((change) => change.scope))];
  return { staged: { transaction, pages, scopes }, changes: stored };
}

function stagedPage(transaction: Revision, changes: readonly Change[]) {
  const commit: Commit = {
    revision: transaction,
    kind: "change",
    time: 0,
    correlation: { correlationId: "" },
    changes,
    detail: undefined,
  };
  return {
    first: transaction,
    previous: REVISION_ZERO,
    beforePrevious: REVISION_ZERO,
    previousScopes: [],
    commits: [commit],
  };
}
