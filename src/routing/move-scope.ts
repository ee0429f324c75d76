import { isStateError, StateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { StateManager, WriteResult } from "../index.ts";
import {
  type Bound,
  type ChosenChange,
  commitWhatFits,
  isSameValue,
  type Look,
  lookAtScopes,
  storedBy,
} from "../internal.ts";
import { type CopyTask, checkCopies, isUntouched, nextCopies, type Source } from "./copy.ts";
import { completeRecord, type Marker, markerScope, readMarker } from "./marker.ts";

/** An open store, whatever its schema. */
export type MoveStore = Pick<StateManager, "hooks" | "events" | "flush" | "refresh">;

/** One scope on its way. */
export interface ScopeMove {
  readonly from: MoveStore;
  readonly to: MoveStore;
  readonly scope: ScopeText;
  /** The source's store id. */
  readonly source: string;
  readonly batchSize: number;
  readonly bound: Bound;
  /** Called between commits; throws to stop there. */
  onStep(phase: "copying" | "deleting", done: number, total: number): void;
}

/** Rounds in which the source has changed again. */
const MOST_ROUNDS = 20;

/**
 * Until all is copied and checked the source has the whole scope, and from then on the target has. A record of that in the
 * target, in the same commits, lets whoever comes later go on from any point. Returns the number of entries moved.
 */
export async function moveScope(move: ScopeMove): Promise<number> {
  const begun = await markerOf(move);
  if (begun.source === undefined && (await sourceOf(move)).size === 0) return 0;
  if (!begun.isComplete) await copyOrWithdraw(move);
  const { copies, isComplete } = await markerOf(move);
  // Else another move has done the rest already, and what may be marked now is the next one's.
  if (isComplete) await emptySource(move, copies);
  const left = await sourceOf(move);
  const marker = markerScope(move.scope);
  await commit(move.to, move, [marker], (look) =>
    readMarker(look(marker)).isComplete ? removalOf(marker, look) : [],
  );
  const [late] = left.keys();
  if (late === undefined) return copies.size;
  const message = `${move.scope} "${late}" was changed in the source after it was copied; both are kept`;
  throw new StateError("conflict", message, { scope: move.scope, key: late });
}

/** Failures that are about one scope. After any other the rest would fail as well. */
const OF_ONE_SCOPE: ReadonlySet<string> = new Set([
  ...["not_serializable", "schema", "conflict", "corrupt"],
  ...["hook_failed", "hook_timeout", "hook_unavailable"],
]);

export function isOfOneScope(error: unknown): error is StateError {
  return isStateError(error) && OF_ONE_SCOPE.has(error.code);
}

/** A scope that cannot be copied stays in the source, and its copies leave the target. */
async function copyOrWithdraw(move: ScopeMove): Promise<void> {
  try {
    await copyAll(move);
  } catch (error) {
    if (isOfOneScope(error)) await withdraw(move);
    throw error;
  }
}

async function withdraw(move: ScopeMove): Promise<void> {
  const { scope, to } = move;
  const marker = markerScope(scope);
  await commit(to, move, [scope, marker], (look) => {
    const target = look(scope);
    const { copies, isComplete, source } = readMarker(look(marker));
    // Another move of the same was faster: the target counts, and the source is being emptied.
    if (isComplete || source !== move.source) return [];
    const own = [...copies].filter(([key, copy]) => isUntouched(target, key, copy));
    const changes = own.map(([key]): ChosenChange => ({ scope, key, change: "delete" }));
    return [...changes, ...removalOf(marker, look)];
  });
}

function removalOf(scope: ScopeText, look: Look): ChosenChange[] {
  return look(scope)
    .keys()
    .map((key): ChosenChange => ({ scope, key, change: "delete" }));
}

async function copyAll(move: ScopeMove): Promise<void> {
  const { scope, source: from, batchSize, to } = move;
  const isSame = (a: unknown, b: unknown) => isSameValue(to, a, b);
  const scopes = [scope, markerScope(scope)];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const task: CopyTask = { scope, from, source: await sourceOf(move), batchSize, isSame };
    // What conflicts is found before anything is written.
    await lookAtScopes(to, scopes, (look) =>
      nextCopies({ ...task, batchSize: Number.POSITIVE_INFINITY }, look),
    );
    let isThere = false;
    let done = (await markerOf(move)).copies.size;
    for (let first = true; !isThere; first = false) {
      move.onStep("copying", Math.min(done, task.source.size), task.source.size);
      await commit(to, move, scopes, (look) => {
        const changes = nextCopies(task, look);
        isThere = changes.length === 0;
        return changes;
      });
      done += batchSize;
      if (isThere && first && (await complete(move, task))) return;
    }
  }
  throw new StateError("conflict", `scope ${scope} is changed faster than it can be moved`, { scope });
}

/**
 * The source is as it was when its last entry was found to be copied. False where another move has withdrawn or made copies
 * since they were checked.
 */
async function complete(move: ScopeMove, task: CopyTask): Promise<boolean> {
  const marker = await markerOf(move);
  if (marker.isComplete) return true;
  const stored = new Map<Revision, readonly ChosenChange[]>();
  for (const revision of marker.batches) stored.set(revision, (await storedBy(move.to, revision)) ?? []);
  checkCopies(task, marker, stored);
  const scope = markerScope(move.scope);
  let isChecked = true;
  await commit(move.to, move, [scope], (look) => {
    const { batches, isComplete } = readMarker(look(scope));
    isChecked = isComplete || isSameList(batches, marker.batches);
    return isChecked && !isComplete ? [completeRecord(move.scope)] : [];
  });
  return isChecked;
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

/** Removes what was copied, unless it has changed since. */
async function emptySource(move: ScopeMove, copies: Marker["copies"]): Promise<void> {
  const { scope, batchSize, from } = move;
  for (let done = 0, isEmpty = false; !isEmpty; done += batchSize) {
    move.onStep("deleting", Math.min(done, copies.size), copies.size);
    await commit(from, move, [scope], (look) => {
      const source = look(scope);
      const keys = source
        .keys()
        .filter((key) => !source.isQueued(key) && source.entry(key)?.revision === copies.get(key)?.from);
      isEmpty = keys.length === 0;
      return keys.slice(0, batchSize).map((key): ChosenChange => ({ scope, key, change: "delete" }));
    });
  }
}

async function commit(
  store: MoveStore,
  { bound }: ScopeMove,
  scopes: readonly ScopeText[],
  choose: (look: Look) => readonly ChosenChange[],
): Promise<void> {
  const result: WriteResult = await commitWhatFits(store, scopes, choose, bound);
  if (result.status === "buffered") await store.flush();
  if (result.status !== "cancelled") return;
  const { by, reason } = result;
  throw new StateError("hook_failed", `hook ${by} vetoed the move: ${reason}`, { hook: by });
}

/** What is stored; what waits is stored first. */
async function sourceOf({ from, scope }: ScopeMove): Promise<Source> {
  await from.flush();
  return lookAtScopes(from, [scope], (look) => {
    const entries = look(scope);
    const source = new Map<string, ReturnType<Source["get"]> & object>();
    for (const key of entries.keys()) {
      const entry = entries.entry(key);
      if (entry?.revision !== undefined) source.set(key, { ...entry, revision: entry.revision });
    }
    return source;
  });
}

function markerOf({ to, scope }: ScopeMove): Promise<Marker> {
  const marker = markerScope(scope);
  return lookAtScopes(to, [marker], (look) => readMarker(look(marker)));
}
