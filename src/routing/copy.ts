import { StateError } from "../ground/error.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { ChosenChange, Look, ScopeLook, StoredEntry } from "../internal.ts";
import { batchRecord, type Copy, type CopyRecord, type Marker, markerScope, readMarker } from "./marker.ts";

/** The entries of a scope in the store that it leaves, as they are stored. */
export type Source = ReadonlyMap<string, StoredEntry & { readonly revision: string }>;

/** What is to be copied, and from where. */
export interface CopyTask {
  readonly scope: ScopeText;
  /** The source's store id. */
  readonly from: string;
  readonly source: Source;
  /** So many entries at most. */
  readonly batchSize: number;
  isSame(a: unknown, b: unknown): boolean;
}

/**
 * The next changes that bring the target closer to the source, with the record of them; none when it is there. Throws
 * `conflict` for an entry that both stores have and that is no copy, or was changed after it was copied.
 */
export function nextCopies(task: CopyTask, look: Look): ChosenChange[] {
  const { scope, from, source, batchSize } = task;
  const target = look(scope);
  const marker = readMarker(look(markerScope(scope)));
  refuseOther(marker, task);
  // By another move of the same: from then on the target counts.
  if (marker.isComplete) return [];
  const changes: ChosenChange[] = [];
  const records: CopyRecord[] = [];
  for (const [key, entry] of source) {
    if (records.length === batchSize) break;
    const copy = marker.copies.get(key);
    if (copy?.from === entry.revision) continue;
    const isAdopted = mayAdopt(task, target, key, entry, copy);
    records.push([key, entry.revision, isAdopted]);
    const { value: set, expiresAt } = entry;
    if (!isAdopted) changes.push({ scope, key, change: { set, expiresAt } });
  }
  for (const [key, copy] of marker.copies) {
    if (records.length === batchSize) break;
    if (source.has(key)) continue;
    records.push([key, "", false]);
    if (isUntouched(target, key, copy)) changes.push({ scope, key, change: "delete" });
  }
  return records.length === 0 ? [] : [...changes, batchRecord(scope, from, marker.count, records)];
}

function refuseOther({ source }: Marker, { scope, from }: CopyTask): void {
  if (source === undefined || source === from) return;
  throw new StateError("conflict", `a move of scope ${scope} from another store is not finished`, { scope });
}

/** Whether there is an equal entry already. Throws `conflict` where it cannot be written. */
function mayAdopt(
  { scope, isSame }: CopyTask,
  target: ScopeLook,
  key: string,
  { value }: StoredEntry,
  copy: Copy | undefined,
): boolean {
  const there = target.entry(key);
  if (there !== undefined && !target.isQueued(key) && isSame(there.value, value)) return true;
  const isFree = there === undefined && copy === undefined && !target.isQueued(key);
  if (isFree || (copy !== undefined && isUntouched(target, key, copy))) return false;
  const message = `both stores have ${scope} "${key}", and neither is a copy of the other; remove one of them`;
  throw new StateError("conflict", message, { scope, key });
}

/** It is still what the move wrote. */
export function isUntouched(target: ScopeLook, key: string, { to, isAdopted }: Copy): boolean {
  return !isAdopted && to !== undefined && target.entry(key)?.revision === to;
}

/**
 * Throws `hook_failed` unless the commits of the copies stored just what the source has. What was changed in the target
 * after that is a change like any other.
 */
export function checkCopies(
  { scope, source, isSame }: CopyTask,
  { copies }: Marker,
  stored: ReadonlyMap<string, readonly ChosenChange[]>,
): void {
  const byPlace = new Map<string, ChosenChange>();
  for (const [revision, changes] of stored) {
    for (const change of changes)
      if (change.scope === scope) byPlace.set(`${revision} ${change.key}`, change);
  }
  for (const [key, { value }] of source) {
    const copy = copies.get(key);
    if (copy?.isAdopted === true) continue;
    const { change } = byPlace.get(`${copy?.to} ${key}`) ?? { change: undefined };
    if (typeof change === "object" && isSame(change.set, value)) continue;
    const message = `a hook changed or redirected the copy of ${scope} "${key}"; hooks can tell a move by triggeredBy, which is "migration"`;
    throw new StateError("hook_failed", message, { scope, key });
  }
}
