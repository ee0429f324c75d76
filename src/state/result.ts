import type { Revision } from "../ground/revision.ts";
import type { HookFailure } from "../hooks/port.ts";
import type { Capabilities } from "../store/capabilities.ts";

/** What became of a write. A hook that fails, is late or is held open by its breaker rejects instead. */
export type WriteResult =
  | {
      readonly status: "committed";
      readonly revision: Revision;
      readonly correlationId: string;
      /** What it survives, by the store's own declaration. */
      readonly durability: Capabilities["durability"];
      /** Failures of after hooks; they change nothing of what was stored. */
      readonly afterErrors: readonly HookFailure[];
    }
  /** Visible in memory, not stored yet. `flush()` makes it durable. */
  | { readonly status: "buffered"; readonly correlationId: string }
  /** A hook vetoed it. */
  | {
      readonly status: "cancelled";
      /** The hook's id. */
      readonly by: string;
      readonly reason: string;
      readonly correlationId: string;
    }
  /** Only with `expectedRevision`: the entry's revision now, or undefined where there is none. */
  | { readonly status: "conflict"; readonly current: Revision | undefined; readonly correlationId: string };

/** What a caller may say of a write. */
export interface WriteOptions {
  /** Joins writes of one run. Generated where it is missing. */
  readonly correlationId?: string;
  readonly causationId?: string;
  readonly actor?: string;
  /** `user`, `agent` or a word of the caller's. */
  readonly triggeredBy?: string;
  /** The write happens only if the entry still has this revision; null: only if there is none. */
  readonly expectedRevision?: Revision | string | null;
  /** After so many milliseconds the entry counts as absent. */
  readonly ttlMs?: number;
  /** Ends the operation as long as it is not queued; it then rejects with `aborted`. */
  readonly signal?: AbortSignal;
}
