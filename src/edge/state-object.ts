import { DurableObject } from "cloudflare:workers";
import { type DurableStorageLike, durableObject } from "../../adapters/durable-object/index.ts";
import { StateError, StateManager, type StateManagerOptions } from "../index.ts";
import { removeExpired } from "../internal.ts";
import { notFound, readRequest, responseTo } from "./http.ts";
import { type Mirror, mirrorOf } from "./mirror.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { perform } from "./perform.ts";
import type { MirrorNamespace, ObjectContext, ObjectSocket, ObjectStorage } from "./platform.ts";
import type { StateRequest } from "./request.ts";
import { follow, readWatch, type Watch } from "./watch.ts";

/** Who asks for what, before it is done. */
export interface Access {
  readonly kind: StateRequest["kind"] | "watch";
  /** Text form; undefined where it is about the whole store, or several scopes. */
  readonly scope?: string | undefined;
  readonly key?: string | undefined;
  readonly actor?: string | undefined;
  /** What is asked, whole; undefined for a watch. */
  readonly request?: StateRequest;
  /** As it came in over HTTP; undefined over RPC, which only the program's own Workers can use. */
  readonly http?: Request;
}

type Context = ObjectContext & { readonly storage: ObjectStorage & DurableStorageLike };

/** Bodies over HTTP are not larger, unless a subclass says so. */
const BODY_BYTES = 8 * 1024 * 1024;

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
  readonly #context: ObjectContext & {
    readonly storage: ObjectStorage & Parameters<typeof durableObject>[0];
  };
  readonly #following = new Map<ObjectSocket, AbortController>();
  readonly #opened: Promise<StateManager>;
  #mirror: Mirror | undefined;

  constructor(ctx: unknown, env: Env) {
    super(ctx as never, env); // whatever the platform's types call it
    this.#context = ctx as Context; // the platform's own, of which the part that is used is named
    this.#opened = this.#context.blockConcurrencyWhile(() => this.#open());
  }

  /** Options of the store other than its storage, such as `schema`. */
  protected options(): Omit<StateManagerOptions, "storage"> {
    return {};
  }

  /** Called each time the object wakes up, before anything else: register hooks here. */
  protected configure(_state: StateManager): void | Promise<void> {}

  /** Whether this may be done. Asked before each request and each watch; `false` or a throw refuses it. */
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

  /** The open store, for methods of a subclass. */
  protected store(): Promise<StateManager> {
    return this.#opened;
  }

  /** What `stateClient` calls. Never rejects for what the request brings about: errors keep their code that way. */
  async keepstate(request: StateRequest): Promise<Outcome> {
    return outcomeOf(() => this.#perform(request));
  }

  /** The same over HTTP, and `/watch` as a WebSocket; the paths are listed in the docs. */
  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === "/watch") return this.#watch(request);
    const read: { request?: StateRequest | undefined } = {};
    const outcome = await outcomeOf(async () => {
      read.request = await readRequest(request, this.maxBodyBytes());
      return read.request && this.#perform(read.request, request);
    });
    if (!("error" in outcome) && read.request === undefined)
      return notFound(`there is no ${request.method} ${new URL(request.url).pathname}`);
    return responseTo(outcome);
  }

  /** Removes entries that are past their time. Call it from an `alarm` of your own, if you have one. */
  override async alarm(): Promise<void> {
    await this.#wakeAt(await removeExpired(await this.#opened));
  }

  override webSocketClose(socket: ObjectSocket): void {
    this.#unfollow(socket);
  }

  override webSocketError(socket: ObjectSocket): void {
    this.#unfollow(socket);
  }

  async #open(): Promise<StateManager> {
    const { storage, id } = this.#context;
    const state = await StateManager.open({ ...this.options(), storage: durableObject(storage) });
    await this.configure(state);
    const namespace = this.mirror();
    if (namespace !== undefined) {
      const mirror = mirrorOf(state, namespace, id.name ?? id.toString(), (work) =>
        this.#context.waitUntil(work),
      );
      state.events.on("state.changed", ({ data }) => mirror.changed(data.scope));
      this.#mirror = mirror;
    }
    for (const socket of this.#context.getWebSockets()) this.#follow(state, socket);
    return state;
  }

  async #perform(request: StateRequest, http?: Request): Promise<unknown> {
    const state = await this.#opened;
    if (typeof request !== "object" || request === null)
      throw new StateError("invalid", "a request is an object with a kind");
    const { scope, key, options } = request as { scope?: string; key?: string; options?: { actor?: string } };
    await this.#admit({
      kind: request.kind,
      scope,
      key,
      actor: options?.actor,
      request,
      ...(http ? { http } : {}),
    });
    const result = await perform(state, request);
    const expiry = earliestOf(request);
    if (expiry !== undefined) await this.#wakeAt(expiry);
    // Whoever has to ask the object found the copy too old.
    if (request.kind === "get")
      this.#context.waitUntil(this.#mirror?.refresh(request.scope) ?? Promise.resolve());
    return result;
  }

  async #admit(access: Access): Promise<void> {
    if (!(await this.authorize(access)))
      throw new StateError("forbidden", `${access.kind} is not allowed here`, {
        scope: access.scope,
        key: access.key,
      });
  }

  async #watch(request: Request): Promise<Response> {
    const outcome = await outcomeOf(async () => {
      const state = await this.#opened;
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
        throw new StateError("invalid", "/watch is a WebSocket; ask for an upgrade");
      const watch = readWatch(new URL(request.url), state.headRevision);
      await this.#admit({ kind: "watch", scope: watch.scope, key: watch.key, http: request });
      return watch;
    });
    if ("error" in outcome) return responseTo(outcome);
    const { 0: client, 1: server } = new WebSocketPair();
    server.serializeAttachment(outcome.value as Watch); // made above
    this.#context.acceptWebSocket(server);
    this.#follow(await this.#opened, server);
    return new Response(null, { status: 101, webSocket: client } as ResponseInit);
  }

  #follow(state: StateManager, socket: ObjectSocket): void {
    const end = new AbortController();
    this.#following.set(socket, end);
    follow(state, socket, end.signal).catch((error: unknown) => {
      if (end.signal.aborted) return;
      console.warn("keepstate: a watcher is told no more", error);
      socket.close(1011, "the changes could not be read; connect again");
    });
  }

  #unfollow(socket: ObjectSocket): void {
    this.#following.get(socket)?.abort();
    this.#following.delete(socket);
  }

  /** An object has one alarm: the earliest time that somebody needs counts. */
  async #wakeAt(time: number | undefined): Promise<void> {
    if (time === undefined) return;
    const { storage } = this.#context;
    const set = await storage.getAlarm();
    if (set === null || set > time) await storage.setAlarm(time);
  }
}

/** When the first entry that a request stores will be past its time. */
function earliestOf(request: StateRequest): number | undefined {
  const lives =
    request.kind === "batch"
      ? request.changes.map(({ ttlMs }) => ttlMs)
      : [(request as { options?: { ttlMs?: number } }).options?.ttlMs];
  const finite = lives.filter((ms) => ms !== undefined);
  return finite.length === 0 ? undefined : Date.now() + Math.min(...finite);
}
