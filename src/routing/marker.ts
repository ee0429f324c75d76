import { StateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import { type ScopeText, systemScopeText } from "../ground/scope.ts";
import type { ChosenChange, ScopeLook } from "../internal.ts";

/** What was copied of one entry. */
export interface Copy {
  /** The entry's revision in the source when it was copied. */
  readonly from: string;
  /** That of the commit in the target; undefined while it is queued. */
  readonly to: Revision | undefined;
  /** The target had an equal entry, so nothing was written. */
  readonly isAdopted: boolean;
}

/**
 * What a move remembers of a scope, in a system scope of the store that it moves to. A batch of copies and the record of it
 * are one commit, so the record's revision is that of the copies.
 */
export interface Marker {
  /** The store that the scope comes from; undefined where nothing was begun. */
  readonly source: string | undefined;
  /** All was copied and checked: from then on the target counts, and the source is only to be emptied. */
  readonly isComplete: boolean;
  readonly copies: ReadonlyMap<string, Copy>;
  readonly batches: readonly Revision[];
  /** How many records there are. */
  readonly count: number;
}

/** A key, its revision in the source ("": it is not there any more), and whether nothing had to be written. */
export type CopyRecord = readonly [key: string, from: string, isAdopted: boolean];

interface BatchRecord {
  readonly source: string;
  readonly copies: readonly CopyRecord[];
}

const PREFIX = systemScopeText("move:");
const COMPLETE = "complete";

export function markerScope(scope: ScopeText): ScopeText {
  return PREFIX + scope;
}

/** The scope that a marker is about; undefined for all other scopes. */
export function markedScope(text: ScopeText): ScopeText | undefined {
  return text.startsWith(PREFIX) ? text.slice(PREFIX.length) : undefined;
}

/** Throws `corrupt` for what no move has written. */
export function readMarker(look: ScopeLook): Marker {
  const copies = new Map<string, Copy>();
  const batches: Revision[] = [];
  let source: string | undefined;
  const names = look
    .keys()
    .filter((name) => name !== COMPLETE)
    .sort();
  for (const name of names) {
    const entry = look.entry(name);
    const record = entry?.value;
    if (!isBatchRecord(record)) throw new StateError("corrupt", `record ${name} of a move is not one`);
    source = record.source;
    if (entry?.revision !== undefined) batches.push(entry.revision);
    for (const [key, from, isAdopted] of record.copies) {
      if (from === "") copies.delete(key);
      else copies.set(key, { from, to: entry?.revision, isAdopted });
    }
  }
  return { source, isComplete: look.entry(COMPLETE) !== undefined, copies, batches, count: names.length };
}

function isBatchRecord(value: unknown): value is BatchRecord {
  if (typeof value !== "object" || value === null) return false;
  return "source" in value && typeof value.source === "string" && "copies" in value;
}

/** The record of the next batch. */
export function batchRecord(
  scope: ScopeText,
  source: string,
  number: number,
  copies: readonly CopyRecord[],
): ChosenChange {
  const record: BatchRecord = { source, copies };
  return { scope: markerScope(scope), key: String(number).padStart(9, "0"), change: { set: record } };
}

export function completeRecord(scope: ScopeText): ChosenChange {
  return { scope: markerScope(scope), key: COMPLETE, change: { set: true } };
}
