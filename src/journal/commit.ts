import type { EncodedValue } from "../ground/codec.ts";
import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { StoredValue } from "./values.ts";

/** `expire` is a deletion because time is up. */
export type Operation = "set" | "delete" | "expire";

/** One key's change as the journal tells it. */
export interface Change {
  readonly scope: ScopeText;
  readonly key: string;
  readonly operation: Operation;
  /** There exactly when the operation is `set`. */
  readonly value: StoredValue | undefined;
  /** Wall time in milliseconds after which the entry counts as absent. */
  readonly expiresAt: number | undefined;
  /** The revision of this key's change before, or undefined where there was no entry. */
  readonly previous: Revision | undefined;
}

/** `change`: a write. `veto`: a write that a hook cancelled. `runs`: after-hook runs of an earlier commit. */
export type CommitKind = "change" | "veto" | "runs";

/** What happened at once: changes, the hook runs that decided them, and who did it. */
export interface Commit {
  readonly revision: Revision;
  readonly kind: CommitKind;
  /** Wall time in milliseconds; a label. */
  readonly time: number;
  readonly correlation: Correlation;
  readonly changes: readonly Change[];
  /** Hook runs, a veto's facts: plain data by the codec. */
  readonly detail: EncodedValue | undefined;
}

/** The commits of one group commit. */
export interface Page {
  /** The revision of the last commit. */
  readonly revision: Revision;
  readonly first: Revision;
  /** The page before, or REVISION_ZERO. */
  readonly previous: Revision;
  /** The page before that one, so that a reader can pass a page it cannot read. */
  readonly beforePrevious: Revision;
  /** The scopes changed here, and those changed by the page before: a bad page is bounded by its successor. */
  readonly scopes: readonly ScopeText[];
  readonly previousScopes: readonly ScopeText[];
  readonly commits: readonly Commit[];
  /** Set on a marker: the transaction whose staged pages take effect here. */
  readonly staged: Staged | undefined;
}

export interface Staged {
  readonly transaction: Revision;
  readonly pages: number;
  /** All that the staged pages change, so that a marker that cannot be read is bounded like any page. */
  readonly scopes: readonly ScopeText[];
}
