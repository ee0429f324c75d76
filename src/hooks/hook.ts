import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import type { ScopeText, StateScope } from "../ground/scope.ts";
import type { BreakerOptions } from "./breaker.ts";
import type { HookPoint } from "./point.ts";
import type { Recorded } from "./recorded.ts";
import type { HookResult } from "./result.ts";

/** What a hook is asked about. Nothing reachable from it is the state itself: changing it changes nothing. */
export interface HookSubject {
  /** Such as `set`, `delete`, `backup`. */
  readonly operation: string;
  readonly scope?: StateScope;
  readonly scopeText?: ScopeText;
  readonly key?: string;
  readonly value?: unknown;
  readonly oldValue?: unknown;
  readonly oldRevision?: Revision;
}

/** A change of one key. At `state_conflict`, `oldValue` is what the other writer stored. */
export interface StateChange extends HookSubject {
  readonly operation: "set" | "delete" | "expire";
  readonly scope: StateScope;
  /** The text form of `scope`, such as `agent:researcher`. */
  readonly scopeText: ScopeText;
  readonly key: string;
  /** As the hooks before left it. `undefined` for deletions. */
  readonly value: unknown;
  readonly oldValue: unknown;
  /** Tells an absent entry from a stored `undefined`. */
  readonly hadOldValue: boolean;
  readonly ttlMs?: number;
  /** Where the write was meant to go before another hook sent it here. */
  readonly redirectedFrom?: { readonly scope: StateScope; readonly key: string };
}

/** What hooks at the other points see: a migration, a backup, a session, or whatever a custom point tells. */
export interface PointSubject extends HookSubject {
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What hooks see, by point. Points that are not listed give a `PointSubject`. */
interface HookSubjects {
  before_state_change: StateChange;
  after_state_change: StateChange;
  state_conflict: StateChange;
}
/** What hooks at a point see. */
export type SubjectAt<P extends HookPoint> = P extends keyof HookSubjects ? HookSubjects[P] : PointSubject;

/** Reads and writes inside the commit that is being made. What it writes lands with that commit, or not at all. */
export interface HookHandle {
  get(scope: StateScope, key: string): Promise<unknown>;
  set(scope: StateScope, key: string, value: unknown): Promise<void>;
  delete(scope: StateScope, key: string): Promise<void>;
}

export interface HookContext<S = HookSubject> {
  readonly point: HookPoint;
  readonly hookId: string;
  readonly change: S;
  readonly correlation: Correlation;
  /** Aborts when the hook's time is up or the operation ends. Pass it on to what the hook awaits. */
  readonly signal: AbortSignal;
  /** 1 for the first run; more after `retry`. */
  readonly attempt: number;
  /** True when history is replayed: external effects must not be repeated. */
  readonly replay: boolean;
  /** Usable until the hook has answered; later calls reject with `closed`. */
  readonly state: HookHandle;
}

/** What a hook returns, or what its promise resolves with. */
export type HookAnswer = HookResult | undefined | void;
/** Returning nothing is `proceed`. A hook that returns no promise costs no timer and no await. */
export type HookFunction<S = HookSubject> = (
  change: S,
  context: HookContext<S>,
) => HookAnswer | PromiseLike<HookAnswer>;

export interface HookOptions<S = HookSubject> {
  /** Unique at its point; 1 to 256 bytes of UTF-8. Named in records, errors and vetoes. */
  readonly id: string;
  /** Higher runs first; equal ones in the order of registration. Default 0. */
  readonly priority?: number;
  /** For each run that returns a promise. Default 5000; synchronous code cannot be interrupted. */
  readonly timeoutMs?: number;
  /** Of the hook's code, for the record. Default "1". */
  readonly version?: string;
  /** Records every run with the change it decided. Default false. */
  readonly replayable?: boolean;
  /** What a second run would repeat outside the store. Default "none". */
  readonly sideEffects?: "none" | "idempotent" | "external";
  /**
   * When the hook throws, is late or gives an unfit result: `fail` rejects the operation, `cancel` vetoes it, `continue`
   * reports and goes on. Default `fail` where hooks can stop things, else `continue`.
   */
  readonly onError?: "continue" | "cancel" | "fail";
  /** Default 5 failures within a minute open it for half a minute. */
  readonly breaker?: BreakerOptions | false;
  /** Keeps the whole value in the record of a veto by this hook. Default false: only its size and digest. */
  readonly recordVetoedValue?: boolean;
  /** Returns what may be recorded of a run. Stored values are not touched. If it throws, nothing of the run's content is recorded. */
  readonly redact?: (recorded: Recorded) => Recorded;
  /** Plain data to record instead of the value the hook saw. */
  readonly serializeContext?: (change: S) => unknown;
  /** The inverse, for replays. */
  readonly deserializeContext?: (recorded: unknown) => S;
  /** Asks the hook only about these scopes, or kinds of scopes. Only at points about one key. */
  readonly scopes?: readonly (StateScope | StateScope["kind"])[];
  /** Asks the hook only about these keys. Only at points about one key. */
  readonly keys?: readonly string[];
}

/** The hooks of a store. A change made while a chain of hooks runs takes effect with the next chain. */
export interface Hooks {
  /**
   * Adds a hook; the returned function removes it. Throws `invalid` for an id that its point has already, an unknown
   * option or a value out of range, `TypeError` for a wrong type.
   *
   * @example
   * state.hooks.on("before_state_change", { id: "positive" }, (change) =>
   *   typeof change.value === "number" && change.value < 0 ? cancel("negative") : proceed());
   */
  on<P extends HookPoint>(
    point: P,
    options: HookOptions<SubjectAt<P>>,
    fn: HookFunction<SubjectAt<P>>,
  ): () => void;
  /** Whether there was such a hook. */
  off(point: HookPoint, id: string): boolean;
  has(point: HookPoint): boolean;
  /** In the order in which they run. */
  list(point?: HookPoint): readonly HookInfo[];
}

export interface HookInfo {
  readonly id: string;
  readonly point: HookPoint;
  readonly version: string;
  readonly priority: number;
  readonly timeoutMs: number;
  readonly replayable: boolean;
  readonly sideEffects: "none" | "idempotent" | "external";
  readonly onError: "continue" | "cancel" | "fail";
}

/** A value as it is stored: equal ones of equal format, text and parts are the same value. */
export interface ValueText {
  readonly format: number;
  readonly text: string;
  readonly parts: readonly Uint8Array[];
}
