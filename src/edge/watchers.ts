import type { StateManager } from "../index.ts";
import type { ObjectContext, ObjectSocket } from "./platform.ts";
import { follow, greet, type Watch } from "./watch.ts";

/** Tells these sockets from those that a subclass accepts itself. */
const TAG = "keepstate-watch";

export interface Watchers {
  /** Accepts a socket so that the object may sleep, greets it and tells it what follows. */
  accept(state: StateManager, socket: ObjectSocket, watch: Watch): void;
  /** Tells nothing until `resume`, and then from where it was. */
  pause(): void;
  /** Goes on with the sockets that were accepted before the store was opened. */
  resume(state: StateManager): void;
  /** False for a socket that is not a watcher's. */
  end(socket: ObjectSocket): boolean;
}

export function watchersOf(context: ObjectContext): Watchers {
  const following = new Map<ObjectSocket, AbortController>();

  function start(state: StateManager, socket: ObjectSocket): void {
    const end = new AbortController();
    following.set(socket, end);
    follow(state, socket, end.signal).catch((error: unknown) => {
      if (end.signal.aborted || !following.delete(socket)) return;
      console.warn("keepstate: a watcher is told no more", error);
      closeSocket(socket, 1011, "the changes could not be read; connect again");
    });
  }

  return {
    accept(state, socket, watch) {
      socket.serializeAttachment(watch);
      context.acceptWebSocket(socket, [TAG]);
      greet(socket, watch);
      start(state, socket);
    },
    pause() {
      for (const end of following.values()) end.abort();
      following.clear();
    },
    resume(state) {
      for (const socket of context.getWebSockets(TAG)) start(state, socket);
    },
    end(socket) {
      if (!context.getTags(socket).includes(TAG)) return false;
      following.get(socket)?.abort();
      following.delete(socket);
      closeSocket(socket, 1000, "closed by the watcher"); // the other half of the closing handshake
      return true;
    },
  };
}

/** Nobody is left to hear of a socket that cannot be closed any more. */
function closeSocket(socket: ObjectSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch (error) {
    console.debug("keepstate: a watcher's socket was closed already", error);
  }
}
