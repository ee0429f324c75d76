import { isStateError, StateError } from "../index.ts";
import { errorOf, type RemoteFailure } from "./outcome.ts";
import { readMessage, type WatchMessage } from "./watch.ts";

export interface WatchOptions {
  /** Text form. Undefined: all scopes. */
  readonly scope?: string;
  readonly key?: string;
  /** Goes on after this event's id, or this revision. Undefined: from now on. */
  readonly since?: string;
  /** Is told changes, and `resync` where some were missed. */
  readonly listener: (message: WatchMessage) => void;
  /** Go with the upgrade, for the object's `authorize`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Called when a connection could not be made, and the next try follows unless the object refused it, and when `listener`
   * throws, which is told that message no second time. Without it they go to the console.
   */
  readonly onError?: (error: unknown) => void;
}

export interface WatchClient {
  /** The first connection stands. Rejects with the object's error if it does not; it need not be awaited. */
  readonly ready: Promise<void>;
  stop(): void;
}

interface Connection {
  fetch(request: Request | string, init?: RequestInit): PromiseLike<Response>;
}
/** What the platform adds to a response that is an upgrade. */
type Upgraded = Response & { readonly webSocket?: (WebSocket & { accept(): void }) | null };

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** Watches over a stub's WebSocket. A lost connection is made again after the last message, so none is missed. */
export function watchOver(stub: Connection, options: WatchOptions): WatchClient {
  let since = options.since;
  let socket: (WebSocket & { accept(): void }) | undefined;
  let isStopped = false;
  let wait = FIRST_WAIT_MS;
  const { onError = (error: unknown) => console.error("keepstate: a watcher", error) } = options;

  async function connect(): Promise<void> {
    const url = new URL("https://state-object/watch");
    for (const [name, value] of Object.entries({ scope: options.scope, key: options.key, since }))
      if (value !== undefined) url.searchParams.set(name, value);
    const response = (await stub.fetch(url.href, {
      headers: { ...options.headers, upgrade: "websocket" },
    })) as Upgraded;
    if (!response.webSocket) throw await refusal(response);
    const opened = response.webSocket;
    if (isStopped) {
      opened.accept();
      opened.close();
      return;
    }
    socket = opened;
    opened.addEventListener("message", ({ data }) => {
      wait = FIRST_WAIT_MS;
      const message = readMessage(String(data));
      since = message.id;
      if (message.type === "watching") return;
      try {
        options.listener(message);
      } catch (error) {
        onError(error);
      }
    });
    opened.addEventListener("close", () => void again());
    opened.accept();
  }

  async function again(): Promise<void> {
    while (!isStopped) {
      await new Promise<void>((resolve) => setTimeout(resolve, wait));
      wait = Math.min(LONGEST_WAIT_MS, wait * 2);
      if (isStopped) return;
      try {
        return await connect();
      } catch (error) {
        failed(error);
      }
    }
  }

  /** What the object refuses it will refuse again; anything else passes. */
  function failed(error: unknown): void {
    if (isStateError(error) && !error.retryable) isStopped = true;
    onError(error);
  }

  const ready = connect();
  ready.catch((error: unknown) => {
    failed(error);
    return again();
  });
  return {
    ready,
    stop() {
      isStopped = true;
      socket?.close();
    },
  };
}

/** What the object refused with; anything else that answered says nothing that could not pass. */
async function refusal(response: Response): Promise<unknown> {
  const message = `${response.status} was answered instead of a WebSocket`;
  try {
    const { error }: { error: RemoteFailure } = await response.json();
    return errorOf(error);
  } catch (cause) {
    return new StateError("unavailable", message, { cause });
  }
}
