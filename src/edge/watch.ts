import superjson from "superjson";
import {
  formatScope,
  parseRevision,
  parseScope,
  StateError,
  type StateManager,
  type UniversalEvent,
} from "../index.ts";
import type { ObjectSocket } from "./platform.ts";

/** What a watcher wants to hear of. It lies with its socket, so that it outlives the object's memory. */
export interface Watch {
  readonly scope?: string;
  readonly key?: string;
  /** The last event it was told, or the revision it began at. */
  readonly since: string;
}

/** What is sent for each change: JSON, with `meta` of superjson where JSON does not say it all. */
export interface WatchMessage {
  readonly type: "state.changed" | "resync";
  readonly id: string;
  readonly revision?: string;
  readonly scope?: string;
  readonly key?: string;
  readonly operation?: "set" | "delete" | "expire";
  readonly value?: unknown;
}

/** Throws `invalid` or a TypeError for a watch that nobody can keep. */
export function readWatch({ searchParams }: URL, head: string): Watch {
  const [scope, key, since] = ["scope", "key", "since"].map((name) => searchParams.get(name) ?? undefined);
  if (key !== undefined && scope === undefined)
    throw new StateError("invalid", "a key is watched in a scope; name both");
  if (since !== undefined) parseRevision(since.slice(0, REVISION_LENGTH));
  return {
    ...(scope === undefined ? {} : { scope: formatScope(parseScope(scope)) }),
    ...(key === undefined ? {} : { key }),
    since: since ?? head,
  };
}

const REVISION_LENGTH = 26;

/**
 * Sends a socket the changes after those it was told, in journal order, none missed and none twice, until it closes.
 * The place is kept with the socket: an object that lost its memory goes on from there.
 */
export async function follow(state: StateManager, socket: ObjectSocket, signal: AbortSignal): Promise<void> {
  const watch = socket.deserializeAttachment() as Watch; // put there when the socket was accepted
  for await (const event of state.events.since(watch.since, signal)) {
    const message = messageOf(event, watch);
    if (message !== undefined) socket.send(textOf(message));
    socket.serializeAttachment({ ...watch, since: event.id } satisfies Watch);
  }
}

function messageOf(event: UniversalEvent, { scope, key }: Watch): WatchMessage | undefined {
  const { id, type, revision, data } = event;
  if (type === "resync") return { type, id };
  const change = data as {
    scope: string;
    key: string;
    operation: "set" | "delete" | "expire";
    newValue: unknown;
  };
  if (scope !== undefined && change.scope !== scope) return undefined;
  if (key !== undefined && change.key !== key) return undefined;
  return {
    type: "state.changed",
    id,
    ...(revision === undefined ? {} : { revision }),
    scope: change.scope,
    key: change.key,
    operation: change.operation,
    value: change.newValue,
  };
}

function textOf(message: WatchMessage): string {
  return superjson.stringify(message);
}

/** The message that was sent. Throws a SyntaxError for anything else. */
export function readMessage(text: string): WatchMessage {
  return superjson.parse(text);
}
