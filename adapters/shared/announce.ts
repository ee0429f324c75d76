/**
 * Tells other openings of the same data that there is something new, in this program, and in the other tabs and workers
 * of the origin. A hint that may be lost; who is told reads again.
 */
export interface Announcer {
  /** Tells all others of that name, never oneself; of what follows each other closely once. Does nothing after `close`. */
  tell(): void;
  /** Calls `onChange` when another one tells. Returns the way to stop. */
  listen(onChange: () => void): () => void;
  /** Asks all others not to write until this one tells, at most for so many milliseconds. */
  plead(ms: number): void;
  /** Pending while another one has asked not to write; undefined while nobody has. */
  readonly held: Promise<void> | undefined;
  /** Safe to call twice. */
  close(): void;
}

/** A message costs about as much as a commit, so no more than one goes out in so many milliseconds. */
const APART_MS = 8;

/** By a BroadcastChannel; `undefined` where there is none. `name` says which data it is about. */
export function announcer(name: string): Announcer | undefined {
  if (typeof BroadcastChannel !== "function") return undefined;
  const channel = new BroadcastChannel(name);
  let isOpen = true;
  let held: Promise<void> | undefined;
  let letGo = () => {};
  let toldAt = Number.NEGATIVE_INFINITY;
  let late: ReturnType<typeof setTimeout> | undefined;
  /** Others wait for this one. */
  let isAwaited = false;

  function send(): void {
    clearTimeout(late);
    late = undefined;
    isAwaited = false;
    toldAt = performance.now();
    channel.postMessage(null);
  }

  function hear(heard: (event: MessageEvent) => void): () => void {
    channel.addEventListener("message", heard);
    release(channel);
    return () => channel.removeEventListener("message", heard);
  }

  /** A newer plea takes the place of an older one. */
  function hold(ms: number): void {
    letGo();
    held = new Promise((resolve) => {
      const timer = setTimeout(() => letGo(), ms);
      letGo = () => {
        clearTimeout(timer);
        held = undefined;
        resolve();
      };
    });
  }

  hear(({ data }) => (typeof data === "number" ? hold(data) : letGo()));
  return {
    tell() {
      if (!isOpen) return;
      const wait = toldAt + APART_MS - performance.now();
      if (isAwaited || wait <= 0) send();
      else late ??= setTimeout(send, wait);
    },
    listen: (onChange) =>
      hear(({ data }) => {
        if (data === null) onChange();
      }),
    plead(ms) {
      // Who pleads has waited for the others and does not wait for them again.
      letGo();
      if (!isOpen) return;
      isAwaited = true;
      channel.postMessage(ms);
    },
    get held() {
      return held;
    },
    close() {
      if (late !== undefined) send();
      isOpen = false;
      letGo();
      channel.close();
    },
  };
}

/** In Node a channel, and each new listener on it, keeps the process alive. */
function release(channel: BroadcastChannel & { unref?: () => unknown }): void {
  channel.unref?.();
}
