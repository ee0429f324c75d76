import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";

/** Version of the shape of events, for those that outlive the program that made them. */
const EVENT_SCHEMA_VERSION = 1;

/** Something that has happened. Frozen, and shared by all who hear of it. */
export interface UniversalEvent<T = unknown, K extends string = string> {
  /** Unique. Of a change: its revision and index, the same whenever and wherever it is told. */
  readonly id: string;
  /** Words joined by ".". */
  readonly type: K;
  readonly data: T;
  /** Wall time in milliseconds; a label. */
  readonly time: number;
  /** Grows by one with each event that this process publishes; a gap is an event of another type or a missed one. */
  readonly sequence: number;
  /** The commit it tells of. */
  readonly revision?: Revision;
  readonly correlation: Correlation;
  readonly metadata: EventMetadata;
  readonly schemaVersion: number;
}

export interface EventMetadata {
  /** Whether what changed outlives the process. */
  readonly stateChangeType?: "persistent" | "ephemeral";
  /** This writer, another one on the same store, or read from the journal after the fact. */
  readonly origin: "local" | "remote" | "journal";
  readonly tags?: readonly string[];
}

export interface StateChangeData {
  /** Text form. */
  readonly scope: ScopeText;
  readonly key: string;
  readonly operation: "set" | "delete" | "expire";
  /** `undefined` also where there was none: then there is no `previousRevision`. */
  readonly oldValue: unknown;
  readonly newValue: unknown;
  /** `user`, `agent`, `hook`, `system`, `migration`, `restore`, `replay` or a word of the caller's. */
  readonly triggeredBy: string;
  readonly previousRevision?: Revision;
}

/** A subscriber missed events, because it was too slow or the journal no longer has them: it must read anew. */
export interface ResyncData {
  /** How many; undefined where nobody counted. */
  readonly missed: number | undefined;
  /** The last event with a revision that was delivered before the gap. What it does not name may be missing. */
  readonly after: string | undefined;
  /** The revisions of the first and the last missed event that had one, both included. */
  readonly from: Revision | undefined;
  readonly to: Revision | undefined;
}

export interface SubscriberFailedData {
  readonly pattern: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly error: unknown;
}

export interface StatusData {
  /** Changes wait to be stored. */
  readonly dirty: boolean;
  /** How many commits that is. */
  readonly pending: number;
  /** Wall time in milliseconds. */
  readonly lastDurableAt: number | undefined;
  /** Why the last flush failed; gone with the first that does not. */
  readonly error?: unknown;
}

/** A change that an earlier life of the program left in the pending journal. */
export interface PendingData {
  readonly scope: ScopeText;
  readonly key: string;
  readonly operation: "set" | "delete";
  /** Nobody else has it. */
  readonly value: unknown;
}

/**
 * Commits that an eventual store holds beside the journal: another program made them, or an earlier life of this one whose
 * last commits the store did not show yet. They may have been acknowledged, are not part of the state, and are kept.
 */
export interface ForkedData {
  /** In the order of their revisions. Each lies at the storage key `j/<revision>`; whoever deletes that is told no more. */
  readonly pages: readonly ForkedPage[];
}

export interface ForkedPage {
  readonly revision: Revision;
  readonly changes: readonly ForkedWrite[];
  /** Why what is in it could not be read. */
  readonly error?: unknown;
}

export interface ForkedWrite {
  readonly scope: ScopeText;
  readonly key: string;
  readonly operation: "set" | "delete" | "expire";
  /** `undefined` where it is a deletion. */
  readonly value: unknown;
  /** Wall time of the commit in milliseconds; a label. */
  readonly time: number;
}

/** What the events of known types tell. */
export interface EventTypes {
  "state.changed": StateChangeData;
  "state.change_cancelled": {
    readonly scope: ScopeText;
    readonly key: string;
    readonly by: string;
    readonly reason: string;
  };
  "hook.failed": {
    readonly hook: string;
    readonly point: string;
    readonly error: unknown;
    readonly effect: string;
  };
  "hook.breaker_opened": { readonly hook: string; readonly point: string };
  "store.degraded": { readonly reason: string; readonly error?: unknown };
  "store.read_only": { readonly reason: string; readonly error?: unknown };
  /** Told after opening and when a checkpoint meets more. The logger is told without the values, heard or not. */
  "store.forked": ForkedData;
  "store.checkpointed": { readonly epoch: string; readonly upTo: Revision };
  "flush.failed": { readonly error: unknown; readonly pending: number };
  /** A buffered change left the view without being stored; with its value, which nobody else has. */
  "change.dropped": {
    readonly scope: ScopeText;
    readonly key: string;
    readonly value: unknown;
    readonly error?: unknown;
  };
  /** Buffered mode: for what shows a user whether all is stored. Not told for each write of a burst. */
  "status.changed": StatusData;
  /** A change from the pending journal was not taken in, because what it changed is another by now; or its store is. */
  "pending.superseded": PendingData;
  /** The pending journal could not keep changes, could not read an entry, or its change was refused. */
  "pending.failed": Partial<PendingData> & {
    readonly reason: string;
    readonly error?: unknown;
    /** It stays in the pending journal, and the next opening tries again. */
    readonly isKept: boolean;
  };
  "agent_state.saved": { readonly agent: string };
  "agent_state.deleted": { readonly agent: string };
  "subscriber.failed": SubscriberFailedData;
  resync: ResyncData;
}

/** The event that a pattern brings: its own type where it names one. */
export type EventFor<P extends string> = P extends keyof EventTypes
  ? UniversalEvent<EventTypes[P], P>
  : UniversalEvent;

/** Types that tell of failures: where nobody listens, they go to the logger. */
export const LOUD_EVENTS: ReadonlySet<string> = new Set<keyof EventTypes>([
  "hook.failed",
  "hook.breaker_opened",
  "store.degraded",
  "store.read_only",
  "flush.failed",
  "change.dropped",
  "pending.superseded",
  "pending.failed",
  "subscriber.failed",
]);

/** An event before it is published. Without a revision it needs an `id`, or is given one. */
export interface EventInput<T = unknown> {
  readonly type: string;
  readonly data: T;
  readonly correlation: Correlation;
  /** Default: of this writer. */
  readonly metadata?: EventMetadata;
  readonly revision?: Revision;
  /** Of the change in its commit. */
  readonly index?: number;
  readonly id?: string;
  /** Default: now. */
  readonly time?: number;
}

const LOCAL: EventMetadata = Object.freeze({ origin: "local" });

/** The event of `input`, whose `data` is frozen, as all subscribers share it. `id` and `time` are asked for only where `input` has none. */
export function makeEvent<T>(
  input: EventInput<T>,
  sequence: number,
  env: { id(): string; now(): number },
): UniversalEvent<T> {
  const { type, data, correlation, revision, metadata = LOCAL } = input;
  const id = input.id ?? (revision === undefined ? env.id() : changeId(revision, input.index ?? 0));
  const time = input.time ?? env.now();
  const schemaVersion = EVENT_SCHEMA_VERSION;
  if (typeof data === "object" && data !== null && !ArrayBuffer.isView(data)) Object.freeze(data);
  return Object.freeze(
    revision === undefined
      ? { id, type, data, time, sequence, correlation, metadata, schemaVersion }
      : { id, type, data, time, sequence, revision, correlation, metadata, schemaVersion },
  );
}

/** Names one change: the commit and the place in it. */
export function changeId(revision: Revision, index: number): string {
  return `${revision}.${index}`;
}
