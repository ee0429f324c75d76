import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { HookResultKind } from "./result.ts";

/**
 * A value in a record. `ref`: the value that the commit of this record stores for the change. `bytes` and `digest`
 * (CRC-32, 8 hex digits): of a value that was not stored; enough to recognise it, not to read it.
 */
export type RecordedValue =
  | { readonly ref: "change" }
  | { readonly value: unknown }
  | { readonly bytes: number; readonly digest: string };

/** What the hook saw. The old value is only named, by its revision. */
export interface RecordedContext {
  readonly operation: string;
  readonly scope?: ScopeText;
  readonly key?: string;
  readonly value?: RecordedValue;
  readonly oldRevision?: Revision;
  /** What the hook's `serializeContext` gave, instead of the value. */
  readonly custom?: unknown;
}

export interface RecordedResult {
  readonly kind: HookResultKind;
  readonly value?: RecordedValue;
  readonly reason?: string;
  readonly scope?: ScopeText;
  readonly key?: string;
  readonly delayMs?: number;
  readonly attempts?: number;
  readonly ttlMs?: number;
  readonly changes?: readonly RecordedChange[];
  readonly result?: RecordedResult;
}

export interface RecordedChange {
  readonly scope?: ScopeText;
  readonly key: string;
  readonly value: RecordedValue;
}

export interface RecordedError {
  readonly name: string;
  readonly message: string;
  readonly code: string;
}

/** The part of a record that redaction may change. Without a result the hook failed; then there is an error. */
export interface Recorded {
  readonly context: RecordedContext;
  readonly result?: RecordedResult;
  readonly error?: RecordedError;
}

/** One run of a hook as the journal keeps it. Plain data. */
export interface HookRun extends Recorded {
  readonly hookId: string;
  readonly version: string;
  readonly executionId: string;
  readonly point: string;
  /** Wall time in milliseconds; a label. Order is that of the journal. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly correlationId: string;
  /** More than 1 after `retry`. */
  readonly attempt: number;
  /** Set when a remembered answer was used and the hook was not called. */
  readonly cached?: true;
  /** Set when redaction failed, so context, result and error were left out. */
  readonly withheld?: true;
}
