/**
 * Tells other openings of the same data that there is something new, in this program, and in the other tabs and workers
 * of the origin. A hint that may be lost; who is told reads again.
 */
export interface Announcer {
  /** Tells all others of that name, never oneself. Does nothing after `close`. */
  tell(): void;
  /** Calls `onChange` when another one tells. Returns the way to stop. */
  listen(onChange: () => void): () => void;
  /** Safe to call twice. */
  close(): void;
}

/** By a BroadcastChannel; `undefined` where there is none. `name` says which data it is about. */
export function announcer(name: string): Announcer | undefined {
  if (typeof BroadcastChannel !== "function") return undefined;
  const channel = new BroadcastChannel(name);
  release(channel);
  let isOpen = true;
  return {
    tell() {
      if (isOpen) channel.postMessage(null);
    },
    listen(onChange) {
      // Wrapped, so that one function may listen twice and each be stopped by itself.
      const told = () => onChange();
      channel.addEventListener("message", told);
      release(channel);
      return () => channel.removeEventListener("message", told);
    },
    close() {
      isOpen = false;
      channel.close();
    },
  };
}

/** In Node a channel, and each new listener on it, keeps the process alive. */
function release(channel: BroadcastChannel & { unref?: () => unknown }): void {
  channel.unref?.();
}
