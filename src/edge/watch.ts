import {
  formatScope,
  parseRevision,
  parseScope,
  StateError,
  type StateManager,
  type UniversalEvent,
} from "../index.ts";
import { type Codec, createCodec, engineOf } from "../internal.ts";
import type { ObjectSocket } from "./platform.ts";
import { fromWire, toWire } from "./wire.ts";

/** What a watcher wants to hear of. It lies with its socket, so that it outlives the object's memory. */
export interface Watch {
  readonly scope?: string;
  readonly key?: string;
  /** The last event it was told, or the revision it began at. */
  readonly since: string;
}

/**
 * What is sent, as `value` in JSON (see `WireValue`): `watching` first, with where it begins; then each change; `resync`
 * where the journal does not have all changes any more, so that the watcher must read anew.
 */
export interface WatchMessage {
  readonly type: "watching" | "state.changed" | "resync";
  /** To go on after, as `since`. */
  readonly id: string;
  readonly revision?: string;
  readonly scope?: string;
  readonly key?: string;
  readonly operation?: "set" | "delete" | "expire";
  readonly value?: unknown;
  readonly correlationId?: string;
  readonly actor?: string;
  /** Wall time in milliseconds; a label. */
  readonly time?: number;
}

/** Throws `invalid` or a TypeError for a watch that nobody can keep. */
export function readWatch({ searchParams }: URL, head: string): Watch {
  const [scope, key, since] = ["scope", "key", "since"].map((name) => searchParams.get(name) ?? undefined);
  if (key !== undefined && scope === undefined)
    throw new StateError("invalid", "a key is watched in a scope; name both");
  if (since !== undefined && !EVENT_ID.test(since.slice(REVISION_LENGTH)))
    throw new StateError("invalid", "since is the id of an event, or a revision");
  if (since !== undefined) parseRevision(since.slice(0, REVISION_LENGTH));
  return {
    ...(scope === undefined ? {} : { scope: formatScope(parseScope(scope)) }),
    ...(key === undefined ? {} : { key }),
    since: since ?? head,
  };
}

const REVISION_LENGTH = 26;
/** What follows the revision: the change's place in the commit. */
const EVENT_ID = /^(?:\.\d{1,9})?$/;

/** Says where the watch begins: whoever loses the connection before the first change goes on from there. */
export function greet(socket: ObjectSocket, { since }: Watch): void {
  socket.send(JSON.stringify({ value: { type: "watching", id: since } satisfies WatchMessage }));
}

/**
 * Sends a socket the changes after those it was told, in journal order, none missed and none twice, until it closes.
 * The place is kept with the socket: an object that lost its memory goes on from there.
 */
export async function follow(state: StateManager, socket: ObjectSocket, signal: AbortSignal): Promise<void> {
  const watch = socket.deserializeAttachment() as Watch; // put there when the socket was accepted
  const { codec } = engineOf(state);
  for await (const event of state.events.since(watch.since, signal)) {
    if (signal.aborted) return;
    const message = messageOf(event, watch);
    if (message !== undefined) socket.send(JSON.stringify(toWire(codec, message)));
    socket.serializeAttachment({ ...watch, since: event.id } satisfies Watch);
  }
}

function messageOf(event: UniversalEvent, { scope, key }: Watch): WatchMessage | undefined {
  const { id, type, revision, data, time, correlation } = event;
  if (type === "resync") return { type, id };
  const change = data as {
    scope: string;
    key: string;
    operation: "set" | "delete" | "expire";
    newValue: unknown;
  };
  if (scope !== undefined && change.scope !== scope) return undefined;
  if (key !== undefined && change.key !== key) return undefined;
  const { correlationId, actor } = correlation;
  return {
    type: "state.changed",
    id,
    ...(revision === undefined ? {} : { revision }),
    scope: change.scope,
    key: change.key,
    operation: change.operation,
    ...(change.operation === "set" ? { value: change.newValue } : {}),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(actor === undefined ? {} : { actor }),
    time,
  };
}

const plainCodec: Codec = createCodec();

/** The message that was sent. Throws a SyntaxError or `invalid` for anything else. */
export function readMessage(text: string): WatchMessage {
  const wire: unknown = JSON.parse(text);
  if (typeof wire !== "object" || wire === null) throw new StateError("invalid", "a message is an object");
  return fromWire(plainCodec, wire) as WatchMessage; // an object sends nothing else
}
