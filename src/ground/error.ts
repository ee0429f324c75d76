/**
 * Every failure keepstate reports is one class with a stable `code`; messages may change, codes may not.
 * Misuse (a wrong argument type, use after close by the same code) is a plain `TypeError`.
 */
export type StateErrorCode =
  /** An id, a key, a value's shape or an option is not acceptable. */
  | "invalid"
  /** The value would not come back as it was given; `path` says where. */
  | "not_serializable"
  /** The schema refused the key or the value. */
  | "schema"
  /** `expectedRevision` or a marker met a newer revision and the retries were used up. */
  | "conflict"
  /** Another writer holds the store. */
  | "locked"
  /** The store, or this handle, was closed. */
  | "closed"
  /** A write reached a store opened read-only, or one that turned read-only to protect data. */
  | "read_only"
  /** A record cannot be read; it was left where it is. */
  | "corrupt"
  /** A record is not visible yet on an eventually consistent store. */
  | "stale"
  /** Whether a commit landed could not be found out; the store is read-only now. */
  | "unknown_outcome"
  /** The store has no room left. */
  | "quota"
  /** The store may not be reached or touched (rights, a lost connection, a full queue). */
  | "unavailable"
  /** The store has an older schema version than the program; it must be migrated before it is written to. */
  | "migration_needed"
  /** A capability that was required, or an operation, is not offered here. */
  | "unsupported"
  /** The store was written by a newer format or schema. */
  | "newer_format"
  /** Whoever asked may not do this; nothing was changed. */
  | "forbidden"
  /** A hook threw or gave a result that its point cannot take. */
  | "hook_failed"
  /** A hook did not answer in its time. */
  | "hook_timeout"
  /** A guarding hook's breaker is open, so the write is refused. */
  | "hook_unavailable"
  /** The caller's signal ended the operation before it was queued. */
  | "aborted"
  /** An agent's record could not be loaded; nothing was changed. */
  | "agent_load_failed";

/** What an error is about. All fields are plain data and safe to log. */
export interface StateErrorFacts {
  readonly adapter?: string | undefined;
  readonly scope?: string | undefined;
  readonly key?: string | undefined;
  readonly revision?: string | undefined;
  /** Where in a value, such as `plan.steps[2].run`. */
  readonly path?: string | undefined;
  readonly file?: string | undefined;
  /** Bytes from the start of `file`. */
  readonly offset?: number | undefined;
  readonly hook?: string | undefined;
  /** What became of each part of an operation over several stores. */
  readonly backends?: readonly BackendOutcome[] | undefined;
  readonly cause?: unknown;
}

/** What became of one store's part of an operation over several. Plain data. */
export interface BackendOutcome {
  readonly backend: string;
  /**
   * `committed`, `buffered`: it stands. `cancelled`: a hook vetoed it. `failed`: it did not happen. `unknown`: whether it
   * happened could not be found out. `undone`: it was committed and then taken back. `kept`: it was committed, and what
   * `kept` lists could not be taken back.
   */
  readonly status: "committed" | "buffered" | "cancelled" | "failed" | "unknown" | "undone" | "kept";
  readonly revision?: string;
  /** Of a veto or failure, or why nothing could be taken back. */
  readonly reason?: string;
  readonly kept?: readonly { readonly scope: string; readonly key: string; readonly reason: string }[];
}

const RETRYABLE: ReadonlySet<StateErrorCode> = new Set(["conflict", "locked", "stale", "unavailable"]);
const BRAND = Symbol.for("keepstate.error");

/** The one error class. Compare `code`, not the message. */
export class StateError extends Error {
  override readonly name = "StateError";
  readonly code: StateErrorCode;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;
  readonly facts: StateErrorFacts;

  constructor(code: StateErrorCode, message: string, facts: StateErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    const { cause: _, ...plain } = facts;
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.facts = plain;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Whether `error` is a keepstate error, and of that code if one is named.
 * Works across duplicated copies of the package, where `instanceof` does not.
 *
 * @example
 * if (isStateError(error, "locked")) console.warn(error.facts.file);
 */
export function isStateError(error: unknown, code?: StateErrorCode): error is StateError {
  if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
  return code === undefined || ("code" in error && error.code === code);
}
