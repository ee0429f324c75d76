import { ASYNC_DISPOSE } from "../ground/dispose.ts";
import { formatScope, type StateScope } from "../ground/scope.ts";
import type {
  BatchChange,
  BatchWriter,
  Handle,
  HookRun,
  Schema,
  ScopeValues,
  StateManager,
  WriteOptions,
} from "../index.ts";
import { agent, session, tool, user, workflow } from "../index.ts";
import { type Bound, gatherBatch, gatherChange } from "../internal.ts";
import type { Backend, Backends } from "./backend.ts";
import { commitRouted } from "./batch.ts";
import { type RoutedEvents, routedEvents } from "./events.ts";
import type { RoutedResult } from "./outcome.ts";
import { settledOrThrow } from "./settled.ts";
import { type RoutedTimeline, routedTimeline } from "./timeline.ts";

/** Members that are those of the store which the scope, or the global scope, lives in. */
type OfOneStore =
  | ("get" | "peek" | "has" | "keys" | "entries" | "size" | "revision")
  | ("set" | "update" | "delete" | "clear" | "watch" | "read" | "setWithHooks")
  | ("scope" | "user" | "session" | "agent" | "tool" | "workflow");
type OfAllStores = "scopes" | "executions" | "refresh" | "flush" | "checkpoint" | "close" | "dirty";

/** Several stores behind one face. What it shares with `StateManager` means the same, for the store that a scope lives in. */
export interface RoutedState<S extends Schema = Schema>
  extends Pick<StateManager<S>, OfOneStore | OfAllStores | "hooks"> {
  /**
   * Of all stores, each change once. Order, `sequence` and revisions are those of each store; between stores there is none.
   * To read from a revision on, ask one store: `state.storeOf(scope).events.since(revision)`.
   */
  readonly events: RoutedEvents;
  /** The stores. That of the global scope also keeps the records of `hooks.ask`. */
  readonly backends: readonly Backend<S>[];
  /** The store that a scope lives in. */
  storeOf(scope: StateScope): StateManager<S>;
  /**
   * All changes of one store together or not at all. Over several stores it is less than that: see the page on routing.
   * Rejects if a part fails; `facts.backends` of the error tells what became of each.
   */
  batch(fn: (tx: BatchWriter) => void, options?: WriteOptions): Promise<RoutedResult>;
  setMany(changes: readonly BatchChange[], options?: WriteOptions): Promise<RoutedResult>;
  with(bound: Bound): RoutedState<S>;
  /** What happened under a correlation id in all stores; see `RoutedTimeline` for the order. */
  timeline(correlationId: string): Promise<RoutedTimeline>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function routedState<S extends Schema>(backends: Backends<S>): RoutedState<S> {
  const stores = backends.all.map(({ state }) => state);
  const events = routedEvents(stores);
  let closing: Promise<void> | undefined;
  /** What hooks of one store do to another is done before any is closed. */
  async function closeAll(): Promise<void> {
    // What cannot be stored is tried again by `close`, which tells of it.
    await Promise.allSettled(stores.map((store) => store.flush()));
    const closed = await Promise.allSettled(stores.map((store) => store.close()));
    events.finish();
    settledOrThrow(closed);
  }
  return face(
    backends,
    events.events,
    () => {
      closing ??= closeAll();
      return closing;
    },
    {},
  );
}

function face<S extends Schema>(
  backends: Backends<S>,
  events: RoutedEvents,
  close: () => Promise<void>,
  bound: Bound,
): RoutedState<S> {
  const { all, of } = backends;
  const stores = all.map(({ state }) => state);
  const home = of("global").state;
  const storeOf = (scope: StateScope) => of(formatScope(scope)).state;
  const onAll = async <T>(work: (store: StateManager<S>) => Promise<T>): Promise<T[]> =>
    settledOrThrow(await Promise.allSettled(stores.map(work)));
  const scope = async <T extends StateScope>(one: T): Promise<Handle<ScopeValues<S, T["kind"]>>> =>
    storeOf(one).scope(one);
  const { get, peek, has, keys, entries, revision, set, update, clear, watch, hooks } = home;

  const state: RoutedState<S> = {
    get,
    peek,
    has,
    keys,
    entries,
    revision,
    set,
    update,
    delete: home.delete,
    clear,
    watch,
    get size() {
      return home.size;
    },
    hooks,
    events,
    backends: all,
    storeOf,
    scope,
    user: async (id) => scope(user(id)),
    session: async (id) => scope(session(id)),
    agent: async (id) => scope(agent(id)),
    tool: async (id) => scope(tool(id)),
    workflow: async (id) => scope(workflow(id)),
    read: async (one, key) => storeOf(one).read(one, key),
    setWithHooks: async (one, key, value, options) => storeOf(one).setWithHooks(one, key, value, options),
    batch: async (fn, options = {}) => commitRouted(backends, gatherBatch(home, fn, options), options, bound),
    setMany: (changes, options) =>
      state.batch((tx) => {
        if (!Array.isArray(changes)) throw new TypeError("setMany needs a list of changes");
        for (const change of changes) gatherChange(tx, change);
      }, options),
    with(more) {
      const bounded = new Map(all.map((one) => [one, { ...one, state: one.state.with(more) }]));
      const next: Backends<S> = {
        all: [...bounded.values()],
        of: (text) => bounded.get(of(text)) ?? of(text),
      };
      return face(next, events, close, { ...bound, ...more });
    },
    /** What lies in a store that the scope is not routed to is not seen through this face. */
    async scopes() {
      const lists = await onAll((store) => store.scopes());
      return lists.flatMap((list, i) => list.filter((one) => storeOf(one) === stores[i]));
    },
    timeline: (correlationId) => routedTimeline(all, correlationId),
    executions: async (correlationId): Promise<HookRun[]> =>
      (await onAll((store) => store.executions(correlationId))).flat(),
    get dirty() {
      return stores.some((store) => store.dirty);
    },
    refresh: async () => void (await onAll((store) => store.refresh())),
    flush: async () => void (await onAll((store) => store.flush())),
    checkpoint: async () => (await onAll((store) => store.checkpoint())).includes(true),
    close,
    [ASYNC_DISPOSE]: close,
  };
  return state;
}
