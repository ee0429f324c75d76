import {
  agent,
  type BatchChange,
  type Bound,
  formatScope,
  globalScope,
  StateError,
  type StateScope,
  type Timeline,
  type WriteResult,
} from "../index.ts";
import { BOUND, CHANGE_FIELDS, checkFields, checkName, createCodec } from "../internal.ts";
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
import { functionOf } from "./update.ts";
import { type WatchClient, type WatchOptions, watchOver } from "./watch-client.ts";

/** What a Worker has of a `StateObject`: `env.STATE.get(id)`. */
export interface StateStub {
  keepstate(request: Packed): PromiseLike<Packed>;
  fetch(request: Request | string, init?: RequestInit): PromiseLike<Response>;
}

const codec = createCodec();

const WRITE_OPTIONS: readonly (keyof RemoteWriteOptions)[] = [...BOUND, "expectedRevision", "ttlMs"];

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
  batch(changes: readonly BatchChange[], options?: Bound): Promise<WriteResult>;
  timeline(correlationId: string): Promise<Timeline>;
  /** The same client with a correlation that goes with each write. */
  with(bound: Bound): StateClient;
}

/**
 * The client of one `StateObject`. Errors are thrown as what they were in the object, by code. What cannot be a request, such
 * as a key that is no text, is refused here, as a handle refuses it, and nothing is sent.
 *
 * @example
 * const state = stateClient(env.STATE.getByName("team-7"));
 * await state.set("mode", "careful");
 */
export function stateClient(stub: StateStub, bound: Bound = {}): StateClient {
  if (typeof stub?.keepstate !== "function")
    throw new TypeError("stateClient needs the stub of a StateObject, such as env.STATE.getByName(name)");
  checkFields("a field to bind", bound, BOUND);

  function handle(scope: StateScope): RemoteHandle {
    const text = formatScope(scope);
    const on = (key: string) => ({ scope: text, key: checkName(key, "key") });
    const entry = async (key: string) =>
      (await ask(stub, { kind: "get", ...on(key) })) as RemoteEntry | undefined; // as `perform` answers
    const write = async (request: StateRequest) => (await ask(stub, request)) as WriteResult; // as `perform` answers
    const options = (given: RemoteWriteOptions = {}) => {
      checkFields("an option of a write", given, WRITE_OPTIONS);
      return { options: { ...bound, ...given } };
    };
    return {
      scope,
      entry,
      get: async (key) => (await entry(key))?.value,
      has: async (key) => (await entry(key)) !== undefined,
      list: (options = {}) => ask(stub, { kind: "list", scope: text, options }) as Promise<RemoteList>, // as `perform` answers
      set: async (key, value, given) => write({ kind: "set", ...on(key), value, ...options(given) }),
      delete: async (key, given) => write({ kind: "delete", ...on(key), ...options(given) }),
      update: async (key, operation, given) => {
        functionOf(operation); // throws for what is no operation
        return write({ kind: "update", ...on(key), operation, ...options(given) });
      },
      watch(listener, options = {}) {
        if (typeof listener !== "function") throw new TypeError("watch needs a function");
        if (options.key !== undefined) checkName(options.key, "key");
        return watchOver(stub, { ...options, scope: text, listener });
      },
    };
  }

  const { scope: _, ...onGlobal } = handle(globalScope());
  return {
    ...onGlobal,
    scope: handle,
    scopes: () => ask(stub, { kind: "scopes" }) as Promise<readonly string[]>, // as `perform` answers
    async batch(changes, options = {}) {
      if (!Array.isArray(changes)) throw new TypeError("a batch needs a list of changes");
      checkFields("an option of a batch", options, BOUND);
      return ask(stub, {
        kind: "batch",
        changes: changes.map(remoteChange),
        options: { ...bound, ...options },
      }) as Promise<WriteResult>; // as `perform` answers
    },
    async timeline(correlationId) {
      if (typeof correlationId !== "string") throw new TypeError("correlationId must be a string");
      return ask(stub, { kind: "timeline", correlationId }) as Promise<Timeline>; // as `perform` answers
    },
    with(more) {
      checkFields("a field to bind", more, BOUND);
      return stateClient(stub, { ...bound, ...more });
    },
  };
}

function remoteChange(change: BatchChange): RemoteChange {
  checkFields("a field of a change", change, CHANGE_FIELDS);
  return { ...change, scope: formatScope(change.scope), key: checkName(change.key, "key") };
}

/** The namespace of a `StateObject` class, such as `env.STATE`. */
export interface StateNamespace<Id, Stub extends StateStub = StateStub> {
  idFromName(name: string): Id;
  get(id: Id): Stub;
}

/**
 * The stub of an agent's own object: for methods that the class adds, and for passing on a request to watch it.
 * Throws `invalid` for what cannot be an agent's id, and a TypeError where the binding is missing.
 *
 * @example
 * const { reply } = await agentStub(env.STATE, "researcher").say("researcher", text);
 */
export function agentStub<Id, Stub extends StateStub>(
  namespace: StateNamespace<Id, Stub>,
  agentId: string,
): Stub {
  if (typeof namespace?.idFromName !== "function")
    throw new TypeError("this is no namespace of objects: is the binding in the Worker's configuration?");
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
