import {
  agent,
  type Bound,
  formatScope,
  globalScope,
  StateError,
  type StateScope,
  type Timeline,
  type WriteResult,
} from "../index.ts";
import { createCodec } from "../internal.ts";
import { type Outcome, settle } from "./outcome.ts";
import { type Packed, unpack } from "./packed.ts";
import type {
  ListOptions,
  RemoteChange,
  RemoteEntry,
  RemoteList,
  RemoteWriteOptions,
  StateRequest,
  UpdateOperation,
} from "./request.ts";
import { type WatchClient, type WatchOptions, watchOver } from "./watch-client.ts";

/** What a Worker has of a `StateObject`: `env.STATE.get(id)`. */
export interface StateStub {
  keepstate(request: Packed): PromiseLike<Packed>;
  fetch(request: Request | string, init?: RequestInit): PromiseLike<Response>;
}

const codec = createCodec();

/** What a stub's object answers. Throws an error of the object as what it was there. */
export async function ask(stub: StateStub, request: StateRequest): Promise<unknown> {
  const answer = await stub.keepstate(codec.encode(request, "request"));
  return settle(unpack(codec, answer) as Outcome); // an object packs nothing else
}

/** One scope in the object. Like a handle, but each call goes to the object, so reads are asynchronous too. */
export interface RemoteHandle {
  readonly scope: StateScope;
  get(key: string): Promise<unknown>;
  has(key: string): Promise<boolean>;
  /** The value with its revision, for `expectedRevision`. Undefined where there is none. */
  entry(key: string): Promise<RemoteEntry | undefined>;
  /** Entries in the order of their keys, page by page. */
  list(options?: ListOptions): Promise<RemoteList>;
  set(key: string, value: unknown, options?: RemoteWriteOptions): Promise<WriteResult>;
  delete(key: string, options?: RemoteWriteOptions): Promise<WriteResult>;
  /** Read-modify-write in the object. */
  update(key: string, operation: UpdateOperation, options?: RemoteWriteOptions): Promise<WriteResult>;
  /** Calls `listener` with each change of the scope, or of one key, from now on or after an event's id. */
  watch(listener: WatchOptions["listener"], options?: Omit<WatchOptions, "listener" | "scope">): WatchClient;
}

/** The store in one object. Its own `get`, `set`, … are those of the global scope. */
export interface StateClient extends Omit<RemoteHandle, "scope"> {
  scope(scope: StateScope): RemoteHandle;
  scopes(): Promise<readonly string[]>;
  batch(
    changes: readonly (Omit<RemoteChange, "scope"> & { readonly scope: StateScope })[],
    options?: Bound,
  ): Promise<WriteResult>;
  timeline(correlationId: string): Promise<Timeline>;
  /** The same client with a correlation that goes with each write. */
  with(bound: Bound): StateClient;
}

/**
 * The client of one `StateObject`. Errors are thrown as what they were in the object, by code.
 *
 * @example
 * const state = stateClient(env.STATE.getByName("team-7"));
 * await state.set("mode", "careful");
 */
export function stateClient(stub: StateStub, bound: Bound = {}): StateClient {
  function handle(scope: StateScope): RemoteHandle {
    const text = formatScope(scope);
    const write = (request: StateRequest) => ask(stub, request) as Promise<WriteResult>; // as `perform` answers
    const entry = (key: string) =>
      ask(stub, { kind: "get", scope: text, key }) as Promise<RemoteEntry | undefined>; // as `perform` answers
    return {
      scope,
      entry,
      get: async (key) => (await entry(key))?.value,
      has: async (key) => (await entry(key)) !== undefined,
      list: (options = {}) => ask(stub, { kind: "list", scope: text, options }) as Promise<RemoteList>, // as `perform` answers
      set: (key, value, options) =>
        write({ kind: "set", scope: text, key, value, options: { ...bound, ...options } }),
      delete: (key, options) =>
        write({ kind: "delete", scope: text, key, options: { ...bound, ...options } }),
      update: (key, operation, options) =>
        write({ kind: "update", scope: text, key, operation, options: { ...bound, ...options } }),
      watch: (listener, options = {}) => watchOver(stub, { ...options, scope: text, listener }),
    };
  }

  const { scope: _, ...onGlobal } = handle(globalScope());
  return {
    ...onGlobal,
    scope: handle,
    scopes: () => ask(stub, { kind: "scopes" }) as Promise<readonly string[]>, // as `perform` answers
    batch: (changes, options) =>
      ask(stub, {
        kind: "batch",
        changes: changes.map((change) => ({ ...change, scope: formatScope(change.scope) })),
        options: { ...bound, ...options },
      }) as Promise<WriteResult>, // as `perform` answers
    timeline: (correlationId) => ask(stub, { kind: "timeline", correlationId }) as Promise<Timeline>, // as `perform` answers
    with: (more) => stateClient(stub, { ...bound, ...more }),
  };
}

/** The namespace of a `StateObject` class, such as `env.STATE`. */
export interface StateNamespace<Id, Stub extends StateStub = StateStub> {
  idFromName(name: string): Id;
  get(id: Id): Stub;
}

/**
 * The stub of an agent's own object: for methods that the class adds, and for passing on a request to watch it.
 * Throws `invalid` for what cannot be an agent's id.
 *
 * @example
 * const { reply } = await agentStub(env.STATE, "researcher").say("researcher", text);
 */
export function agentStub<Id, Stub extends StateStub>(
  namespace: StateNamespace<Id, Stub>,
  agentId: string,
): Stub {
  const stub = namespace.get(namespace.idFromName(formatScope(agent(agentId))));
  if (typeof stub?.keepstate !== "function")
    throw new StateError("invalid", "the namespace is not of a class that extends StateObject");
  return stub;
}

/**
 * An agent's scope, in an object of its own: agents do not wait for each other, and none can reach another's state.
 *
 * @example
 * const memory = agentState(env.STATE, "researcher");
 * await memory.set("plan", { step: 2 });
 */
export function agentState<Id>(
  namespace: StateNamespace<Id>,
  agentId: string,
  bound: Bound = {},
): RemoteHandle {
  return stateClient(agentStub(namespace, agentId), bound).scope(agent(agentId));
}
