/** The door of layer 3 for layer 4: what parts such as agents and sessions need of an open store, and users do not. */
import { equalBytes } from "./ground/bytes.ts";
import { StateError } from "./ground/error.ts";
import { lazy } from "./ground/lazy.ts";
import { checkName } from "./ground/name.ts";
import type { Revision } from "./ground/revision.ts";
import { type ScopeText, systemScope, systemScopeText } from "./ground/scope.ts";
import { listScopes } from "./journal/read.ts";
import { type BatchWriter, commitBatch, type Gathered, gather } from "./state/batch.ts";
import { type Choose, type ChosenChange, commitChosen, type Look, lookAt } from "./state/chosen.ts";
import { type Bound, bind, checkWriteOptions, correlationOf } from "./state/correlation.ts";
import type { Engine } from "./state/engine.ts";
import { type Handle, handleOf } from "./state/handle.ts";
import type { Announcement } from "./state/request.ts";
import type { WriteOptions, WriteResult } from "./state/result.ts";
import { type TrackedBatch, trackedBatch } from "./state/tracked.ts";
import { write } from "./state/write.ts";
import { type Inside, insideOf, type StateManager } from "./state-manager.ts";

export { mergedStream } from "./events/merged.ts";
export { fromBase64, toBase64 } from "./ground/base64.ts";
export { type Codec, createCodec, type EncodedValue } from "./ground/codec.ts";
export { checkFields } from "./ground/fields.ts";
export { CHANGE_FIELDS, gatherChange } from "./state/batch.ts";
export type { Choose, Look, ScopeLook, StoredEntry } from "./state/chosen.ts";
export { BOUND } from "./state/correlation.ts";
export { globMatcher, isGlob } from "./state/glob.ts";
export type { TrackedBatch } from "./state/tracked.ts";
export type { Bound, ChosenChange, Gathered };
export { checkName };

const expiring = lazy("expired entries", () => import("./state/expiry.ts"));
const undoing = lazy("what a commit stored", () => import("./state/undo.ts"));

/** Any open store, whatever its schema. */
export type AnyStore = Pick<StateManager, "hooks" | "events">;

/**
 * One scope of the reserved system namespace, loaded. Its changes go the way of all others: hooks, journal, events. They
 * have no schema, no user's scope reaches them, and a hook may alter or veto but not redirect them.
 */
export interface SystemHandle extends Pick<Handle, "get" | "has" | "keys"> {
  /**
   * Read-modify-write of one record. `fn` is synchronous and pure: it may run again. `announce` is published once for the
   * commit, right after its `state.changed`.
   */
  update(key: string, fn: (old: unknown) => unknown, announce?: Announcement): Promise<WriteResult>;
  delete(key: string, announce?: Announcement): Promise<WriteResult>;
}

/**
 * Runs `use` with the scope loaded, and gives the scope back when it has settled.
 * @param more gives way to what the store was bound to by `with`
 */
export async function withSystemScope<T>(
  state: AnyStore,
  name: string,
  more: Bound,
  work: (records: SystemHandle) => T | Promise<T>,
): Promise<T> {
  const { engine, bound: outer, onRelease } = use(state);
  const bound = bind(bind({}, more), outer);
  const view = await engine.views.hold(systemScopeText(name));
  const handle = handleOf(engine, view, systemScope(name), bound, () => {
    engine.views.release(view);
    onRelease();
  });
  async function change(
    key: string,
    part: { operation: "set"; update: (old: unknown) => unknown } | { operation: "delete" },
    announce: Announcement | undefined,
  ): Promise<WriteResult> {
    use(state);
    const request = { view, key: checkName(key, "key"), value: undefined, announce, ...part };
    return write(engine, request, correlationOf(bound, undefined, engine.correlationId));
  }
  const records: SystemHandle = {
    get: handle.get,
    has: handle.has,
    keys: handle.keys,
    update: (key, fn, announce) => change(key, { operation: "set", update: fn }, announce),
    delete: (key, announce) => change(key, { operation: "delete" }, announce),
  };
  try {
    return await work(records);
  } finally {
    handle.close();
  }
}

/** Names the scopes that the store keeps; hooks that reach for another one fail with what `confine` throws. */
export function confineHooks(state: AnyStore, confine: (scope: ScopeText) => void): void {
  engineOf(state).confine = confine;
}

/** What a batch asks for, taken as it is now, before it is known which stores it is for. */
export function gatherBatch(
  state: AnyStore,
  fn: (tx: BatchWriter) => void,
  options: WriteOptions,
): Gathered[] {
  const { expected, ttlMs } = checkWriteOptions(options);
  if (expected !== undefined || ttlMs !== undefined)
    throw new StateError("invalid", "expectedRevision and ttlMs are of one key; a batch has many");
  return gather(engineOf(state), fn);
}

/** Like the store's own `batch`. */
export function commitGathered(
  state: AnyStore,
  gathered: readonly Gathered[],
  options: WriteOptions,
): Promise<WriteResult> {
  const { engine, bound, onRelease } = use(state);
  const correlation = correlationOf(bound, options, engine.correlationId);
  return commitBatch(engine, gathered, correlation, options.signal).finally(onRelease);
}

/** A batch that can be taken back. */
export function commitTracked(
  state: AnyStore,
  gathered: readonly Gathered[],
  options: WriteOptions,
): TrackedBatch {
  const { engine, bound, onRelease } = use(state);
  const correlation = correlationOf(bound, options, engine.correlationId);
  const batch = trackedBatch(engine, gathered, correlation, options.signal);
  return { ...batch, result: batch.result.finally(onRelease) };
}

/** Shows scopes, of users or the store's own, to `work`. */
export function lookAtScopes<T>(
  state: AnyStore,
  scopes: readonly ScopeText[],
  work: (look: Look) => T | Promise<T>,
): Promise<T> {
  const { engine, onRelease } = use(state);
  return lookAt(engine, scopes, work).finally(onRelease);
}

/** One commit of changes that `choose` finds when its turn has come; see `state/chosen.ts`. */
export function commitWhatFits(
  state: AnyStore,
  scopes: readonly ScopeText[],
  choose: Choose,
  more: Bound,
): Promise<WriteResult> {
  const { engine, bound, onRelease } = use(state);
  const correlation = correlationOf(bind(bind({}, more), bound), undefined, engine.correlationId);
  return commitChosen(engine, scopes, choose, correlation).finally(onRelease);
}

/** What a commit stored, as the journal has it. Undefined where it is not there. */
export async function storedBy(
  state: AnyStore,
  revision: Revision,
): Promise<readonly ChosenChange[] | undefined> {
  return (await undoing.load()).storedBy(engineOf(state), revision);
}

/** All scopes that have entries or had some since the last checkpoint, the store's own included. */
export function allScopes(state: AnyStore): Promise<ScopeText[]> {
  return listScopes(engineOf(state).journal);
}

/**
 * Removes what is past its time from all scopes. Resolves with the wall time in milliseconds when the next entry will be, or
 * undefined where none has an expiry.
 */
export async function removeExpired(state: AnyStore): Promise<number | undefined> {
  const { engine, onRelease } = use(state);
  return (await expiring.load()).expireAll(engine, onRelease);
}

/** Tells stores apart, also under several openings. Undefined where nothing was stored yet. */
export function storeIdOf(state: AnyStore): string | undefined {
  return engineOf(state).journal.head?.storeId;
}

/** Whether both would be stored as the same. */
export function isSameValue(state: AnyStore, a: unknown, b: unknown): boolean {
  const { codec } = engineOf(state);
  const [one, other] = [codec.encode(a), codec.encode(b)];
  return (
    one.format === other.format &&
    one.text === other.text &&
    one.parts.length === other.parts.length &&
    one.parts.every((part, i) => equalBytes(part, other.parts[i]))
  );
}

/** What the store is made of. Throws `closed` after its end, a TypeError for what is no store. */
export function engineOf(state: AnyStore): Engine {
  return use(state).engine;
}

/**
 * The value as it would come back from the store, aliasing nothing.
 * Throws `not_serializable` with the path, which begins with `name`, for one that would not.
 */
export function copyValue(state: AnyStore, value: unknown, name: string): unknown {
  const { codec } = engineOf(state);
  return codec.decode(codec.encode(value, name)).value;
}

function use(state: AnyStore): Inside {
  const inside = insideOf(state);
  if (!inside.life.isOpen) throw new StateError("closed", "the store was closed; open it again to use it");
  return inside;
}
