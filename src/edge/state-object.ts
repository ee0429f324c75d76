import { DurableObject } from "cloudflare:workers";
import { type DurableStorageLike, durableObject } from "../../adapters/durable-object/index.ts";
import {
  isStateError,
  type PersistenceOptions,
  StateError,
  StateManager,
  type StateManagerOptions,
} from "../index.ts";
import { createCodec, engineOf, removeExpired } from "../internal.ts";
import { type Access, admit, placeOf } from "./access.ts";
import { errorResponse, notFound, readRequest, responseTo } from "./http.ts";
import { type Mirror, mirrorOf } from "./mirror.ts";
import { arrivalOrder, scopesWritten } from "./order.ts";
import { failureOf, outcomeOf } from "./outcome.ts";
import { type Packed, packOutcome, unpack } from "./packed.ts";
import { perform } from "./perform.ts";
import type { MirrorNamespace, ObjectContext, ObjectSocket, ObjectStorage } from "./platform.ts";
import type { StateRequest } from "./request.ts";
import { alarmIn, expiryOf } from "./wake.ts";
import { readWatch } from "./watch.ts";
import { type Watchers, watchersOf } from "./watchers.ts";

type Context = ObjectContext & { readonly storage: ObjectStorage & DurableStorageLike };

/** Bodies over HTTP are not larger, unless a subclass says so. */
const BODY_BYTES = 8 * 1024 * 1024;
/** After an alarm that failed. */
const ALARM_RETRY_MS = 10 * 60 * 1000;

/**
 * Options of the store in an object, other than its storage. There is no buffered mode: the platform holds an answer back
 * until what was written is on disk, but not until what only waits to be written is.
 */
export interface StateObjectOptions extends Omit<StateManagerOptions, "storage" | "persistence"> {
  readonly persistence?: PersistenceOptions & { readonly mode?: "immediate" };
}

/** Until the store is open. It packs errors, and unpacks nothing but built-in types. */
const plainCodec = createCodec();

/**
 * A Durable Object that holds one keepstate store and serves it, over RPC to `stateClient` and over `fetch`. Make a class of
 * it and export that from the Worker; override what you need.
 *
 * @example
 * export class AgentState extends StateObject<Env> {
 *   protected override configure(state: StateManager) {
 *     state.hooks.on("before_state_change", { id: "no-secrets", replayable: true }, veto);
 *   }
 *   protected override authorize({ http, actor }: Access) {
 *     return http === undefined || isAllowed(http, actor);
 *   }
 * }
 */
export abstract class StateObject<Env = unknown> extends DurableObject<Env> {
  readonly #context: Context;
  readonly #watchers: Watchers;
  readonly #inOrder = arrivalOrder();
  readonly #setAlarm: (time: number) => Promise<void>;
  #opening: Promise<StateManager> | undefined;
  #opened: StateManager | undefined;
  #mirror: Mirror | undefined;

  constructor(ctx: unknown, env: Env) {
    super(ctx as never, env); // whatever the platform's types call it
    this.#context = ctx as Context; // the platform's own, of which the part that is used is named
    this.#watchers = watchersOf(this.#context);
    this.#setAlarm = alarmIn(this.#context.storage);
    // A failure is told to each who asks: thrown from here it would lose its code.
    void this.#context.blockConcurrencyWhile(() => outcomeOf(() => this.store()));
  }

  /** Options of the store other than its storage, such as `schema`. */
  protected options(): StateObjectOptions {
    return {};
  }

  /**
   * Called each time the store was opened, before anything else: register hooks here. That is when the object wakes up, and
   * again after `unknown_outcome`.
   */
  protected configure(_state: StateManager): void | Promise<void> {}

  /**
   * Whether this may be done. Asked before each request and each watch. Anything but `true` is answered with `forbidden`, a
   * throw with `unavailable`.
   */
  protected authorize(_access: Access): boolean | Promise<boolean> {
    return true;
  }

  /** The namespace to copy scopes to after their changes, for `edgeReader`. */
  protected mirror(): MirrorNamespace | undefined {
    return undefined;
  }

  /** The largest body over HTTP, in bytes. */
  protected maxBodyBytes(): number {
    return BODY_BYTES;
  }

  /**
   * The open store, for methods of a subclass: ask for it each time. Once it is read-only because nobody knows whether a
   * commit landed, it is closed and opened anew, which finds out; one that was closed is opened too. Rejects with
   * `unavailable`; the next call tries again.
   */
  protected async store(): Promise<StateManager> {
    if (this.#opened !== undefined && hasLostTrack(this.#opened)) this.#leave(this.#opened);
    this.#opening ??= this.#open().catch((cause: unknown) => {
      this.#opening = undefined;
      console.error("keepstate: the store could not be opened", cause);
      const { message } = failureOf(cause);
      throw new StateError("unavailable", `the store could not be opened: ${message}`, { cause });
    });
    return this.#opening;
  }

  /**
   * Makes sure that `alarm` runs at a time, in milliseconds, or earlier. After writes of a subclass's own with `ttlMs` their
   * storage is given back then; requests see to it by themselves.
   */
  protected wakeAt(time: number): Promise<void> {
    return this.#setAlarm(time);
  }

  /** What `stateClient` calls. Never rejects for what the request brings about: errors keep their code that way. */
  async keepstate(packed: Packed): Promise<Packed> {
    let codec = plainCodec;
    const outcome = await outcomeOf(async () => {
      const state = await this.store();
      codec = engineOf(state).codec;
      return this.#perform(unpack(codec, packed));
    });
    return packOutcome(codec, outcome);
  }

  /** The same over HTTP, and `/watch` as a WebSocket; the paths are listed in the docs. */
  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    try {
      const state = await this.store();
      if (pathname === "/watch") return await this.#watch(state, request);
      const { codec } = engineOf(state);
      const read = await readRequest(request, codec, this.maxBodyBytes());
      if (read === undefined) return notFound(`there is no ${request.method} ${pathname}`);
      return responseTo(codec, await this.#perform(read, request));
    } catch (error) {
      return errorResponse(failureOf(error));
    }
  }

  /** Removes entries that are past their time. Call it from an `alarm` of your own, if you have one. */
  override async alarm(): Promise<void> {
    try {
      const next = await removeExpired(await this.store());
      const now = Date.now();
      // What is past its time and still there could not be removed.
      if (next !== undefined) await this.wakeAt(next > now ? next : now + ALARM_RETRY_MS);
    } catch (error) {
      // The platform would try a few times and then never again.
      console.error("keepstate: what is past its time could not be removed; trying again later", error);
      await this.wakeAt(Date.now() + ALARM_RETRY_MS);
    }
  }

  /** Call it from a `webSocketClose` of your own, if you accept sockets too. */
  override webSocketClose(socket: ObjectSocket): void {
    this.#watchers.end(socket);
  }

  override webSocketError(socket: ObjectSocket): void {
    this.#watchers.end(socket);
  }

  /** Watchers have nothing to say; what they send is let go. */
  override webSocketMessage(_socket: ObjectSocket, _message: string | ArrayBuffer): void | Promise<void> {}

  async #open(): Promise<StateManager> {
    await undefined; // until the fields of a subclass are set
    const { storage, id } = this.#context;
    const options: StateManagerOptions = this.options();
    if (options.persistence?.mode === "buffered")
      throw new TypeError(
        'a StateObject has no persistence mode "buffered": answers would leave before what they tell of is stored',
      );
    const state = await StateManager.open({ ...options, storage: durableObject(storage) });
    try {
      await this.configure(state);
    } catch (error) {
      await state.close();
      throw error;
    }
    const namespace = this.mirror();
    if (namespace !== undefined) {
      const waitUntil = (work: Promise<unknown>) => this.#context.waitUntil(work);
      this.#mirror ??= mirrorOf(() => this.store(), namespace, id.toString(), waitUntil);
      this.#mirror.follow(state);
    }
    this.#watchers.resume(state);
    this.#opened = state;
    return state;
  }

  #leave(state: StateManager): void {
    this.#opening = undefined;
    this.#opened = undefined;
    this.#watchers.pause();
    const closed = state.close().catch((error: unknown) => {
      console.error("keepstate: an opening that lost track could not be closed", error);
    });
    this.#context.waitUntil(closed);
  }

  async #perform(asked: unknown, http?: Request): Promise<unknown> {
    if (typeof asked !== "object" || asked === null)
      throw new StateError("invalid", "a request is an object with a kind");
    const request = asked as StateRequest; // `perform` checks what it uses
    const { options } = asked as { options?: { actor?: string } };
    const access: Access = { kind: request.kind, ...placeOf(request), actor: options?.actor, request };
    const admission = admit((one) => this.authorize(one), http === undefined ? access : { ...access, http });
    // What comes over HTTP has no order to keep, and nobody outside should make the others wait.
    const scopes = http === undefined ? scopesWritten(request) : [];
    const result = await this.#inOrder(scopes, admission, async (onBegun) => {
      const state = await this.store(); // it may have been opened anew meanwhile
      const wake = async () => {
        const expiry = expiryOf(request);
        if (expiry !== undefined) await this.wakeAt(expiry);
      };
      // Begun before the write, so that no crash comes between; not waited for, so that no later call passes this one.
      const woken = wake();
      const [result] = await Promise.all([perform(state, request, onBegun), woken]);
      await wake(); // that alarm may have come before the entry was stored
      return result;
    });
    if (request.kind === "get" && request.copy === true && this.#mirror !== undefined)
      this.#context.waitUntil(this.#mirror.refresh(request.scope));
    return result;
  }

  async #watch(state: StateManager, request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
      throw new StateError("invalid", "/watch is a WebSocket; ask for an upgrade");
    const watch = readWatch(new URL(request.url), state.headRevision);
    const { scope, key } = watch;
    await admit((one) => this.authorize(one), { kind: "watch", scope, key, http: request });
    const now = await this.store(); // it may have been opened anew meanwhile
    const { 0: client, 1: server } = new WebSocketPair();
    this.#watchers.accept(now, server, watch);
    return new Response(null, { status: 101, webSocket: client } as ResponseInit);
  }
}

/** Whether a commit landed could not be found out, or the store was replaced or closed: a new opening sees what there is. */
function hasLostTrack(state: StateManager): boolean {
  try {
    return isStateError(engineOf(state).journal.readOnly, "unknown_outcome");
  } catch (error) {
    if (isStateError(error, "closed")) return true;
    throw error;
  }
}
