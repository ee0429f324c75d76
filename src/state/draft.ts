import type { EncodedValue } from "../ground/codec.ts";
import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import type { Change, Commit, CommitKind, Operation } from "../journal/commit.ts";
import { refuseQuarantined } from "../journal/read.ts";
import type { JournalState } from "../journal/state.ts";
import type { Announcement } from "./request.ts";
import { expiryOf, GONE, type Origin, revisionOf, type Slot } from "./slot.ts";
import { preceding, type ScopeView } from "./view.ts";

/** One change that waits for its page. */
export interface DraftChange {
  readonly view: ScopeView;
  readonly key: string;
  readonly operation: Operation;
  readonly value: EncodedValue | undefined;
  readonly slot: Slot;
  /** What it replaces: queued before it, or committed. Set when it is queued. */
  before: Slot | undefined;
  readonly announce: Announcement | undefined;
}

/** A value that hooks or an update's function saw: if it is another one by now, they must run again. */
export interface Seen {
  readonly view: ScopeView;
  readonly key: string;
  readonly slot: Slot | undefined;
}

/** A commit that waits for its page. */
export interface Draft {
  readonly kind: CommitKind;
  readonly time: number;
  readonly correlation: Correlation;
  readonly origin: Origin;
  readonly changes: readonly DraftChange[];
  readonly detail: EncodedValue | undefined;
  /** About how much room it takes in a page. */
  readonly size: number;
  readonly seen: readonly Seen[];
  /** It is about all entries of a scope, so any change by another writer may concern it. */
  readonly isWhole: boolean;
  /** It is durable and visible. */
  committed(revision: Revision): void;
  /** It did not happen. */
  failed(error: unknown): void;
  /** Prepares it anew because something it saw has changed. Undefined: it settled in another way, such as a veto. */
  again(): Promise<Draft | undefined>;
}

/** The commit of a draft, now that its revision is known. Drafts before it on the page have theirs already. */
export function commitOf(draft: Draft, revision: Revision): Commit {
  draft.origin.revisions = revision;
  return {
    revision,
    kind: draft.kind,
    time: draft.time,
    correlation: draft.correlation,
    changes: draft.changes.map(changeOf),
    detail: draft.detail,
  };
}

export function changeOf({ view, key, operation, value, slot, before }: DraftChange): Change {
  return {
    scope: view.text,
    key,
    operation,
    value,
    expiresAt: expiryOf(slot),
    previous: before === undefined || before.kind === GONE ? undefined : revisionOf(before),
  };
}

/**
 * Ends a draft of a scope that a page which cannot be read has changed, also where the scope was in memory before:
 * nothing is built on what was not seen.
 */
export function isRefused(journal: JournalState, draft: Draft): boolean {
  if (journal.quarantine.length === 0) return false;
  try {
    for (const { view } of draft.changes) refuseQuarantined(journal, view.text);
    return false;
  } catch (error) {
    draft.failed(error);
    return true;
  }
}

/** Whether all it saw is as it was. A scope that has left memory since is not kept up to date, so that does not count. */
export function holds({ seen, changes }: Draft, isLoaded: (view: ScopeView) => boolean): boolean {
  for (const { view, key, slot } of seen) if (!isLoaded(view) || preceding(view, key) !== slot) return false;
  return seen.length === 0 || changes.every(({ view }) => isLoaded(view));
}

/** The others wait for what they saw: that nothing is to be done holds only if it is committed. */
export function isWritten({ changes, detail }: Draft): boolean {
  return changes.length > 0 || detail !== undefined;
}

export async function prepareAgain(draft: Draft): Promise<Draft | undefined> {
  try {
    return await draft.again();
  } catch (error) {
    draft.failed(error);
    return undefined;
  }
}
