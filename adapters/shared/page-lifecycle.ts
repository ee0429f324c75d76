import { type Lifecycle, type PendingStore, StateError } from "../../src/adapter.ts";

export interface PageLifecycleOptions {
  /** Which store it is, among all of the origin: such as `indexeddb:my-app`. */
  readonly name: string;
}

/** On phones the last that a page sees is that it is hidden; elsewhere a closed tab may see only the other. */
const HIDING = ["pagehide", "visibilitychange"] as const;

/**
 * The lifecycle of a page: what waits is stored when the page is hidden or left, and as a page waits for nothing, put into
 * `localStorage` first. Undefined where there is no page: in workers, which have neither, and outside of browsers.
 */
export function pageLifecycle({ name }: PageLifecycleOptions): Lifecycle | undefined {
  if (typeof document === "undefined" || typeof window === "undefined") return undefined;
  return {
    onSuspend(flush) {
      const onHide = ({ type }: Event) => {
        // Nobody waits; the flush tells of its failure by itself.
        if (type === "pagehide" || document.visibilityState === "hidden") void flush();
      };
      // Before all other listeners, one of which may stop the event; and after them, for what they write.
      const first = (event: Event) => {
        window.removeEventListener(event.type, onHide);
        window.addEventListener(event.type, onHide);
        onHide(event);
      };
      for (const type of HIDING) window.addEventListener(type, first, { capture: true });
      return () => {
        for (const type of HIDING) {
          window.removeEventListener(type, first, { capture: true });
          window.removeEventListener(type, onHide);
        }
      };
    },
    pending: pendingIn(name),
  };
}

/** Keys begin with the store's name, written so that no name is the beginning of another one's keys. */
function pendingIn(name: string): PendingStore {
  const prefix = `keepstate:pending:${encodeURIComponent(name)}:`;
  // Taken now: in WebKit a page that closes itself has none any more when it is told, but one that it has works.
  const storage = storageOrNone();
  const store: PendingStore = {
    read() {
      if (storage === undefined) return [];
      const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "");
      return keys
        .filter((key) => key.startsWith(prefix))
        .map((key) => [key.slice(prefix.length), storage.getItem(key) ?? ""] as const);
    },
    write(key, text) {
      if (storage === undefined) throw new StateError("unavailable", "the page may not use localStorage");
      storage.setItem(prefix + key, text);
    },
    remove: (key) => storage?.removeItem(prefix + key),
  };
  // Pages that are not secure have no locks.
  const locks: LockManager | undefined = navigator.locks;
  return locks === undefined ? store : { ...store, hold: (id, signal) => hold(locks, prefix + id, signal) };
}

/** Where the user or the browser allows none, reading the global throws; then nothing can have been written. */
function storageOrNone(): Storage | undefined {
  try {
    return window.localStorage ?? undefined; // null where the page is about to end
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

function hold(
  locks: LockManager,
  name: string,
  signal: AbortSignal | undefined,
): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const onLock = (lock: Lock | null): Promise<void> | undefined => {
      if (lock === null) {
        resolve(undefined);
        return undefined;
      }
      // The lock is held until this promise resolves, or the page ends.
      return new Promise((release) => resolve(release));
    };
    const options: LockOptions = signal === undefined ? { ifAvailable: true } : { signal };
    locks.request(name, options, onLock).catch((error: unknown) => {
      if (signal?.aborted === true) resolve(undefined);
      else reject(error);
    });
  });
}
