import { nanoid } from "nanoid";
import { StateError } from "../ground/error.ts";
import { checkFields } from "../ground/fields.ts";
import { isSystemScopeText, type ScopeText } from "../ground/scope.ts";
import { allScopes, engineOf, storeIdOf } from "../internal.ts";
import { markedScope } from "./marker.ts";
import { scopeMatcher } from "./match.ts";
import { isOfOneScope, type MoveStore, moveScope } from "./move-scope.ts";
import { messageOf } from "./settled.ts";

export interface MoveOptions {
  /** The store that the scopes leave. */
  readonly from: MoveStore;
  /** The store that they go to; not another opening of the same. */
  readonly to: MoveStore;
  /** Which scopes, as in the overrides of `openRouted`: a kind, or text forms with `*` for any characters. */
  readonly match: string;
  /** Entries in one commit. Default 500. */
  readonly batchSize?: number;
  /** Of all commits of the move, in both stores. Default: a new one. */
  readonly correlationId?: string;
  /** Called before each commit. */
  readonly onProgress?: (progress: MoveProgress) => void;
  /** Stops before the next commit: rejects with `aborted`. The same call goes on later. */
  readonly signal?: AbortSignal;
}

export interface MoveProgress {
  readonly scope: ScopeText;
  readonly phase: "copying" | "deleting";
  /** Entries of the scope that are through this phase, and all there are. */
  readonly done: number;
  readonly total: number;
}

export interface MoveSummary {
  readonly correlationId: string;
  readonly moved: readonly { readonly scope: ScopeText; readonly entries: number }[];
  /** Scopes that were not moved, and why: the source has them, or, where it could not be emptied, both have. */
  readonly failed: readonly { readonly scope: ScopeText; readonly reason: string; readonly code: string }[];
}

const FIELDS = ["from", "to", "match", "batchSize", "correlationId", "onProgress", "signal"];

/**
 * Moves scopes to another store, one after the other: copies in batches, checks what was stored, then removes the copied
 * entries from the source. If it ends at any point, the same call later goes on from there; nothing is lost, and an entry
 * that changed in the source meanwhile is not removed. Hooks are asked about each change (`triggeredBy` is `migration`);
 * history stays where it was made. Entries keep their time to live.
 *
 * Nobody else should write to the scopes meanwhile: what conflicts is kept in both stores and listed in `failed`.
 *
 * Rejects with the failure of a store, `aborted`, `invalid` for options out of range, a `match` that no scope fits and two
 * openings of one store, `closed`, or a TypeError for what is no store.
 *
 * @example
 * const { moved, failed } = await moveScopes({ from: old, to: state.storeOf(agent("a")), match: "agent" });
 */
export async function moveScopes(options: MoveOptions): Promise<MoveSummary> {
  checkOptions(options);
  const fits = scopeMatcher(options.match, "moveScopes");
  const { from, to, batchSize = 500, onProgress, signal, correlationId = nanoid() } = options;
  const bound = { correlationId, triggeredBy: "migration" };
  for (const store of [from, to]) {
    await store.flush();
    await store.refresh();
  }
  const source = storeIdOf(from);
  const moved: { scope: ScopeText; entries: number }[] = [];
  const failed: { scope: ScopeText; reason: string; code: string }[] = [];
  if (source === undefined) return { correlationId, moved, failed };
  if (source === storeIdOf(to))
    throw new StateError("invalid", "from and to are the same store, or copies of one");
  for (const scope of (await scopesIn(from, to)).filter(fits)) {
    const onStep = (phase: "copying" | "deleting", done: number, total: number) => {
      if (signal?.aborted)
        throw new StateError("aborted", "the move was stopped; the same call goes on from here", {
          cause: signal.reason,
        });
      onProgress?.({ scope, phase, done, total });
    };
    try {
      const entries = await moveScope({ from, to, scope, source, batchSize, bound, onStep });
      if (entries > 0) moved.push({ scope, entries });
    } catch (error) {
      if (!isOfOneScope(error)) throw error;
      failed.push({ scope, reason: messageOf(error), code: error.code });
    }
  }
  return { correlationId, moved, failed };
}

function checkOptions(options: MoveOptions): void {
  checkFields("an option of moveScopes", options, FIELDS);
  const { from, to, batchSize = 1, onProgress } = options;
  for (const store of [from, to]) engineOf(store);
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw new TypeError("onProgress must be a function");
  if (!(Number.isSafeInteger(batchSize) && batchSize >= 1))
    throw new StateError("invalid", "batchSize must be a whole number from 1 on");
}

/** Also those that a move before this one has begun to move. */
async function scopesIn(from: MoveStore, to: MoveStore): Promise<ScopeText[]> {
  const own = (await allScopes(from)).filter((scope) => !isSystemScopeText(scope));
  const begun = (await allScopes(to)).flatMap((scope) => markedScope(scope) ?? []);
  return [...new Set([...own, ...begun])].sort();
}
