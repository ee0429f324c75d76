import { equalBytes } from "../ground/bytes.ts";
import { isStateError, StateError } from "../ground/error.ts";
import { REVISION_ZERO, type Revision, revisionsFrom } from "../ground/revision.ts";
import type { Batch, Write } from "../store/store.ts";
import type { Change, Commit, Page, Staged } from "./commit.ts";
import { decodeHead, encodeHead, type Head } from "./head.ts";
import { HEAD_KEY, pageKey, valueKey } from "./keys.ts";
import { isOnChain } from "./load.ts";
import { commitPaced, pause } from "./pace.ts";
import { encodePage } from "./page.ts";
import { encodeRecord } from "./record.ts";
import { headRevision, type JournalState } from "./state.ts";
import type { TailPage } from "./tail.ts";
import { isLarge, LARGE_VALUE, valueSize } from "./values.ts";

/** Builds the commits of a page once their revisions are known; called again for each new attempt. */
export type BuildCommits = (revisions: readonly Revision[]) => readonly Commit[];

export type Appended =
  | { readonly outcome: "committed"; readonly page: TailPage }
  | { readonly outcome: "conflict" };

/** How often a commit whose outcome is not known is asked after before the store turns read-only. */
const INQUIRIES = 6;

/**
 * Commits one page: its record, the large values it names, and the move of the head, in one batch. Call it in a turn.
 *
 * `conflict`: another writer moved the head; nothing of this page happened or will. A rejection says the same, except
 * with code `unknown_outcome`: then it could not be found out, and the store is read-only from now on.
 */
export async function append(
  state: JournalState,
  count: number,
  build: BuildCommits,
  staged?: Staged,
): Promise<Appended> {
  if (state.readOnly !== undefined) throw state.readOnly;
  const { head, headBytes } = state;
  if (head === undefined) throw new StateError("read_only", "the journal has not been created yet");
  const revisions = revisionsFrom(state.mint.next(head.page, count), count);
  const [first, last] = [revisions[0], revisions.at(-1)];
  if (first === undefined || last === undefined) throw new TypeError("a page without commits");
  const writes: Write[] = [];
  const commits = build(revisions).map((commit) => withoutLarge(commit, first, writes));
  const key = pageKey(last);
  const previous = state.last;
  const { bytes, scopes } = encodePage(key, {
    first,
    previous: head.page,
    beforePrevious: previous?.previous ?? REVISION_ZERO,
    previousScopes: previous?.scopes ?? [],
    commits,
    staged,
  });
  writes.push({ put: key, value: bytes });
  const moved: Head = { ...head, page: last, previous: head.page, commits: head.commits + count };
  const to = encodeHead(moved);
  const batch: Batch = { writes, swap: { key: HEAD_KEY, from: headBytes, to } };
  let isCommitted = false;
  try {
    isCommitted = await landed(state, batch, last);
  } finally {
    if (!isCommitted) state.failed.push(head.page);
  }
  if (!isCommitted) return { outcome: "conflict" };
  state.head = moved;
  state.headBytes = to;
  const page: Page = {
    revision: last,
    first,
    previous: head.page,
    beforePrevious: previous?.previous ?? REVISION_ZERO,
    scopes,
    previousScopes: previous?.scopes ?? [],
    commits,
    staged,
  };
  state.last = page;
  return { outcome: "committed", page: { key, bytes, page } };
}

/** Puts values above the limit into records of their own, so that pages stay small and values are stored once. */
function withoutLarge(commit: Commit, owner: Revision, writes: Write[]): Commit {
  if (!commit.changes.some(hasLarge)) return commit;
  const changes = commit.changes.map((change): Change => {
    const { value } = change;
    if (value === undefined || isLarge(value) || valueSize(value) <= LARGE_VALUE) return change;
    const key = valueKey(owner, writes.length);
    const meta = { format: value.format };
    writes.push({ put: key, value: encodeRecord(key, { meta, text: value.text, parts: value.parts }) });
    return { ...change, value: { large: key } };
  });
  return { ...commit, changes };
}

function hasLarge({ value }: Change): boolean {
  return value !== undefined && !isLarge(value) && valueSize(value) > LARGE_VALUE;
}

/** Commits the batch and finds out what became of it. */
async function landed(state: JournalState, batch: Batch, page: Revision): Promise<boolean> {
  const eventual = state.store.capabilities.consistency === "eventual";
  let failure: unknown;
  try {
    if ((await commitPaced(state, batch)) === "committed") return true;
  } catch (error) {
    // By contract the head has not moved; but where the page is the commit point, that says too little.
    if ((isStateError(error, "quota") || isStateError(error, "locked")) && !eventual) throw error;
    failure = error;
  }
  // Also after a conflict: a store may report one although its own first try had landed.
  const happened = await (eventual ? insist(state, batch, page) : inquire(state, batch, page));
  if (happened === undefined) {
    state.readOnly = new StateError(
      "unknown_outcome",
      "whether the last commit landed could not be found out; the store is read-only until it is opened again",
      { revision: page, cause: failure },
    );
    throw state.readOnly;
  }
  if (!happened && failure !== undefined) throw failure;
  return happened;
}

/**
 * Whether the page is on the chain. As long as the head still is what the swap expected, the commit may yet land, so
 * the head is fenced: no head ever returns to older bytes, so once it differs, the swap has happened or never will.
 */
async function inquire(state: JournalState, batch: Batch, page: Revision): Promise<boolean | undefined> {
  for (let attempt = 0; attempt < INQUIRIES; attempt++) {
    try {
      const [bytes] = await state.store.get([HEAD_KEY]);
      if (bytes !== undefined && !equalBytes(bytes, batch.swap?.from)) {
        const head = decodeHead(bytes);
        if (head.timeline !== state.head?.timeline) return undefined;
        return await isOnChain(state, head, page);
      }
      await fence(state);
    } catch (error) {
      state.ports.logger.warn("a commit's outcome is not known yet; asking the store", { page, error });
    }
    await pause(2 ** attempt * 5);
  }
  return undefined;
}

/**
 * Where reads may be old, the page is the commit point, and it may have landed: it is put again, unchanged, until the
 * head has moved to it. Undefined also where another writer's head is seen, which must not be overwritten.
 */
async function insist(state: JournalState, batch: Batch, page: Revision): Promise<boolean | undefined> {
  for (let attempt = 0; attempt < INQUIRIES; attempt++) {
    try {
      const [bytes] = await state.store.get([HEAD_KEY]);
      const seen = bytes === undefined ? undefined : decodeHead(bytes);
      if (seen?.page === page) return true;
      if (seen !== undefined && seen.page > headRevision(state)) return undefined;
      // A fence of this opening whose answer was lost.
      const isFenced = seen?.page === headRevision(state) && seen.fence > (state.head?.fence ?? 0);
      const again = isFenced && batch.swap ? { ...batch, swap: { ...batch.swap, from: bytes } } : batch;
      if ((await commitPaced(state, again)) === "committed") return true;
    } catch (error) {
      state.ports.logger.warn("a commit did not reach the store; trying again", { page, error });
    }
    await pause(2 ** attempt * 5);
  }
  return undefined;
}

/**
 * Moves the head to the same content with a higher fence number: whoever prepared records from pointers read before
 * loses its swap. Call it in a turn. False where another writer moved the head first, or into another epoch than the
 * one that was meant.
 */
export async function fence(state: JournalState, epoch?: Revision): Promise<boolean> {
  const { head, headBytes } = state;
  if (head === undefined || (epoch !== undefined && head.epoch !== epoch)) return false;
  const fenced: Head = { ...head, fence: head.fence + 1 };
  const to = encodeHead(fenced);
  const outcome = await commitPaced(state, { writes: [], swap: { key: HEAD_KEY, from: headBytes, to } });
  if (outcome === "conflict") return false;
  state.head = fenced;
  state.headBytes = to;
  return true;
}
