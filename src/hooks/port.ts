import type { StateError } from "../ground/error.ts";
import type { Clock, Correlation } from "../ground/ports.ts";
import type { RunDraft } from "./draft.ts";
import type { HookHandle, ValueText } from "./hook.ts";
import type { HookPoint } from "./point.ts";
import type { Timer } from "./timer.ts";

/** What the chain must know about values. Where nothing else is said, a value may be anything a caller can pass. */
export interface HookValues {
  /** The value as it would come back from the store, safe from changes by whoever made it. Throws if it would not survive. */
  admit(value: unknown): unknown;
  /** What a hook may hold: the same reference if it is frozen all the way down, else a copy. Must be cheap for the former. */
  present(value: unknown): unknown;
  /** Undefined for a value that has no stored form. Never throws. */
  encode(value: unknown): ValueText | undefined;
}

/** What happened to an operation because a hook failed. `skipped`: its breaker is open. */
export type FailureEffect = "continued" | "vetoed" | "rejected" | "skipped";

export interface HookFailure {
  readonly hook: string;
  readonly point: HookPoint;
  /** `hook_failed`, `hook_timeout` or `hook_unavailable`. */
  readonly error: StateError;
  readonly effect: FailureEffect;
}

/** What hooks need of the store; one for all calls. */
export interface HookEnv {
  readonly clock: Clock;
  readonly values: HookValues;
  readonly timer?: Timer;
  /** A name that no other run has. */
  id(): string;
  /** Told of each failure once, in time for the event that makes it known. Must not throw. */
  onFailure?(failure: HookFailure, correlation?: Correlation): void;
  onBreakerOpened?(hook: { readonly hook: string; readonly point: HookPoint }): void;
}

/** The changes of one run of a hook; opened at its first use of the handle. */
export interface HookWrites {
  readonly handle: HookHandle;
  /** Called once. With false the run failed or will be repeated, and none of its changes may join the commit. */
  end(kept: boolean): void;
}

/** What hooks need of the operation that asks them. */
export interface HookCall {
  readonly correlation: Correlation;
  readonly replay?: boolean;
  /** Ends the asking: the chain rejects with `aborted`. */
  readonly signal?: AbortSignal;
  writes?(hookId: string): HookWrites;
  /** The runs of a chain that rejects, just before it does. Other chains return theirs. */
  onRejected?(runs: readonly RunDraft[]): void;
}
