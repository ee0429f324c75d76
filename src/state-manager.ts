import type { EventHandler, Events } from "./events/bus.ts";
import type { EventFor, UniversalEvent } from "./events/event.ts";
import type { QueueOptions } from "./events/queue.ts";
import type { EventStream } from "./events/stream.ts";
import { ASYNC_DISPOSE } from "./ground/dispose.ts";
import { StateError } from "./ground/error.ts";
import { lazy, lazyGenerator } from "./ground/lazy.ts";
import { checkName } from "./ground/name.ts";
import { REVISION_ZERO, type Revision } from "./ground/revision.ts";
import {
  agent,
  formatScope,
  globalScope,
  isSystemScopeText,
  parseScope,
  type StateScope,
  session,
  tool,
  user,
  workflow,
} from "./ground/scope.ts";
import type { Hooks } from "./hooks/hook.ts";
import type { HookPoint } from "./hooks/point.ts";
import type { HookRun } from "./hooks/recorded.ts";
import { inlineValue, listScopes, readEntry } from "./journal/read.ts";
import { headRevision } from "./journal/state.ts";
import type { HookOutcome } from "./state/ask.ts";
import {
  type BatchChange,
  type BatchWriter,
  commitBatch,
  type Gathered,
  gather,
  gatherChange,
} from "./state/batch.ts";
import { type Bound, bindMore, checkWriteOptions, correlationOf } from "./state/correlation.ts";
import type { Engine } from "./state/engine.ts";
import { type Handle, handleOf, rejecting, type ScopeEntries, type Values } from "./state/handle.ts";
import type { Timeline } from "./state/history.ts";
import type { WriteOptions, WriteResult } from "./state/result.ts";
import type { Schema, ValuesOf } from "./state/schema.ts";
import { hasExpired, readSlot } from "./state/slot.ts";
import { latest, type ScopeView } from "./state/view.ts";
import type { Capabilities } from "./store/capabilities.ts";

const history = lazy("history", () => import("./state/history.ts"));
const asking = lazy("hooks at points of the program's own", () => import("./state/ask.ts"));

/** The values of a kind of scope under a schema. */
export type ScopeValues<S extends Schema, K extends StateScope["kind"]> = K extends keyof S["scopes"]
  ? ValuesOf<S["scopes"][K]>
  : Values;

export interface StateEvents extends Events {
  /** The changes after a revision (default: all), from the journal and then live: none is missed, none told twice. */
  since(revision?: Revision | string, signal?: AbortSignal): AsyncGenerator<UniversalEvent, undefined>;
}

export interface StateHooks extends Hooks {
  /**
   * Asks the hooks at a point of the program's own, such as `before_send`. Where its name begins with `before_` a hook can
   * cancel. Runs of replayable hooks go into the journal.
   */
  ask(point: HookPoint, facts: Readonly<Record<string, unknown>>): Promise<HookOutcome>;
}

/** An open store. Its own `get`, `set`, … are those of the global scope. */
export interface StateManager<S extends Schema = Schema> extends ScopeEntries<ScopeValues<S, "global">> {
  readonly hooks: StateHooks;
  readonly events: StateEvents;
  /** What the store under it offers. */
  readonly capabilities: Capabilities;
  /** `memory` where nothing is promised to outlive this program (durability `none`), chosen or fallen back to. */
  readonly storageMode: "persistent" | "memory";
  /** The last committed revision this opening knows of. */
  readonly headRevision: Revision;
  /** Whether changes wait to be stored. */
  readonly dirty: boolean;
  /** Wall time in milliseconds of the last commit that became durable; undefined before the first. */
  readonly lastDurableAt: number | undefined;

  /** Loads a scope. Give the handle back with `close()` or `using`. */
  scope<T extends StateScope>(scope: T): Promise<Handle<ScopeValues<S, T["kind"]>>>;
  user(id: string): Promise<Handle<ScopeValues<S, "user">>>;
  session(id: string): Promise<Handle<ScopeValues<S, "session">>>;
  agent(id: string): Promise<Handle<ScopeValues<S, "agent">>>;
  tool(id: string): Promise<Handle<ScopeValues<S, "tool">>>;
  workflow(id: string): Promise<Handle<ScopeValues<S, "workflow">>>;
  /** One value, without loading its scope. */
  read(scope: StateScope, key: string): Promise<unknown>;
  /** Like `set` on the scope's handle. */
  setWithHooks(scope: StateScope, key: string, value: unknown, options?: WriteOptions): Promise<WriteResult>;
  /** All changes that `fn` asks for, over keys and scopes, or none of them. `fn` is synchronous. */
  batch(fn: (tx: BatchWriter) => void, options?: WriteOptions): Promise<WriteResult>;
  setMany(changes: readonly BatchChange[], options?: WriteOptions): Promise<WriteResult>;
  /** The same store with a correlation that goes with each operation. */
  with(bound: Bound): StateManager<S>;
  /** The scopes that have entries or had some since the last checkpoint. Internal ones are not among them. */
  scopes(): Promise<StateScope[]>;
  /** What happened under a correlation id, from the journal. */
  timeline(correlationId: string): Promise<Timeline>;
  /** The recorded hook runs of a correlation id. */
  executions(correlationId: string): Promise<HookRun[]>;
  /** Reads what other writers committed since. A writer does it by itself when it meets their work; a reader asks. */
  refresh(): Promise<void>;
  /**
   * Stores what waits and lets hooks finish; not for hooks to await. Rejects if storing fails; what could not be stored
   * stays queued in buffered mode.
   */
  flush(): Promise<void>;
  /** Folds the journal's tail into blocks now, so that the next open reads less. The engine does this by itself. */
  checkpoint(): Promise<boolean>;
  /** Flushes, waits for hooks, lets go of the storage. Using the store afterwards is an error. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the face of a store needs besides the engine. */
export interface Opened {
  readonly engine: Engine;
  readonly global: ScopeView;
  /** Does what `close` must do after handles have ended. */
  shutDown(): Promise<void>;
  checkpoint(): Promise<boolean>;
  catchUp(): Promise<void>;
  /** After a scope was given back. */
  onRelease(): void;
  readonly life: { isOpen: boolean };
}

/** What `internal.ts` finds behind a face. */
export interface Inside extends Opened {
  readonly bound: Bound;
}

const insides = new WeakMap<object, Inside>();

/** What is behind the face of an open store. Throws a TypeError for anything else. Only for `internal.ts`. */
export function insideOf(state: object): Inside {
  const inside = insides.get(state);
  if (inside === undefined) throw new TypeError("expected an open store, as StateManager.open gives it");
  return inside;
}

/** The public face: it only delegates. */
export function stateManager<S extends Schema>(opened: Opened, bound: Bound): StateManager<S> {
  const { engine, life } = opened;
  const onGlobal = handleOf<ScopeValues<S, "global">>(engine, opened.global, globalScope(), bound, () => {});
  let closing: Promise<void> | undefined;

  function use(): void {
    if (!life.isOpen) throw new StateError("closed", "the store was closed; open it again to use it");
  }
  // A handle's methods take any key and value at run time; `checkValue` enforces at each write what the types say.
  async function handle<V extends object>(scope: StateScope): Promise<Handle<V>> {
    use();
    const view = await engine.views.hold(formatScope(scope));
    return handleOf<V>(engine, view, scope, bound, () => {
      engine.views.release(view);
      opened.onRelease();
    });
  }

  function commit(gathered: readonly Gathered[], options: WriteOptions): Promise<WriteResult> {
    use();
    const correlation = correlationOf(bound, options, engine.correlationId);
    return commitBatch(engine, gathered, correlation, options.signal).finally(opened.onRelease);
  }

  // `using` must not end the global scope alone: a store ends by `await using`.
  const { get, peek, has, keys, entries, revision, set, update, clear, watch } = onGlobal;
  const manager: StateManager<S> = {
    get,
    peek,
    has,
    keys,
    entries,
    revision,
    set,
    delete: onGlobal.delete,
    update,
    clear,
    watch,
    get size() {
      return onGlobal.size;
    },
    hooks: {
      ...engine.hooks,
      async ask(point, facts) {
        use();
        return (await asking.load()).askHooks(engine, point, facts, bound);
      },
    },
    events: {
      on: <P extends string>(pattern: P, handler: EventHandler<EventFor<P>>) =>
        engine.bus.on(pattern, handler),
      subscribe: (pattern: string, options?: QueueOptions): EventStream =>
        engine.bus.subscribe(pattern, options),
      since: (revision = REVISION_ZERO, signal) =>
        lazyGenerator(async () => (await history.load()).changesSince(engine, revision, signal)),
    },
    capabilities: engine.journal.store.capabilities,
    storageMode: engine.journal.store.capabilities.durability === "none" ? "memory" : "persistent",
    get headRevision() {
      return headRevision(engine.journal);
    },
    get dirty() {
      return engine.writer.pending > 0;
    },
    get lastDurableAt() {
      return engine.writer.lastDurableAt;
    },
    scope: handle,
    user: (id) => handle(user(id)),
    session: (id) => handle(session(id)),
    agent: (id) => handle(agent(id)),
    tool: (id) => handle(tool(id)),
    workflow: (id) => handle(workflow(id)),
    async read(scope, key) {
      use();
      const text = formatScope(scope);
      checkName(key, "key");
      const view = engine.views.find(text);
      if (view !== undefined) {
        const slot = engine.isBuffered ? latest(view, key) : view.slots.get(key);
        return slot && !hasExpired(slot, engine.now) ? readSlot(slot, engine.codec) : undefined;
      }
      const entry = await readEntry(engine.journal, text, key);
      if (entry?.value === undefined || (entry.expiresAt ?? Number.POSITIVE_INFINITY) <= engine.now())
        return undefined;
      return engine.codec.decode(await inlineValue(engine.journal, entry.value)).value;
    },
    setWithHooks: (scope, key, value, options = {}) =>
      rejecting(() => {
        const { expected, ttlMs } = checkWriteOptions(options);
        const encoded = engine.codec.encode(value, checkName(key, "key"));
        const request = { key, operation: "set", value: encoded, expected, ttlMs } as const;
        return commit([{ scope: formatScope(scope), request }], options);
      }),
    batch: (fn, options = {}) =>
      rejecting(() => {
        const { expected, ttlMs } = checkWriteOptions(options);
        if (expected !== undefined || ttlMs !== undefined)
          throw new StateError("invalid", "expectedRevision and ttlMs are of one key; a batch has many");
        use();
        return commit(gather(engine, fn), options);
      }),
    setMany: (changes, options) =>
      manager.batch((tx) => {
        if (!Array.isArray(changes)) throw new TypeError("setMany needs a list of changes");
        for (const change of changes) gatherChange(tx, change);
      }, options),
    with: (more) => stateManager(opened, bindMore(bound, more)),
    async scopes() {
      use();
      const texts = await listScopes(engine.journal);
      return texts.filter((text) => !isSystemScopeText(text)).map(parseScope);
    },
    async timeline(correlationId) {
      use();
      return (await history.load()).timelineOf(engine, correlationId);
    },
    async executions(correlationId) {
      use();
      return (await history.load()).executionsOf(engine, correlationId);
    },
    async refresh() {
      use();
      await opened.catchUp();
    },
    async flush() {
      use();
      // What was called before and is still with its hooks belongs to what is flushed.
      await Promise.all(engine.running);
      await engine.writer.flush();
      // And so do the runs of the after hooks that it led to.
      if (engine.running.size === 0) return;
      await Promise.all(engine.running);
      await engine.writer.flush();
    },
    async checkpoint() {
      await manager.flush();
      return opened.checkpoint();
    },
    close() {
      closing ??= opened.shutDown();
      return closing;
    },
    [ASYNC_DISPOSE]() {
      return manager.close();
    },
  };
  insides.set(manager, { ...opened, bound });
  return manager;
}
