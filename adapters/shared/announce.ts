/**
 * Tells other openings of the same data that there is something new, in this program, and in the other tabs and workers
 * of the origin. A hint that may be lost; who is told reads again.
 */
export interface Announcer {
  /** Tells all others of that name, never oneself; of what follows each other closely once. Does nothing after `close`. */
  tell(): void;
  /** Calls `onChange` when another one tells, and once more when it is silent. Returns the way to stop. */
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

/**
 * By a BroadcastChannel; `undefined` where there is none. `name` says which data it is about. A message is null, which tells
 * of commits, or a number: a plea for so many milliseconds, which 0 takes back.
 */
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

  hear(({ data }) => {
    if (data === 0) letGo();
    // Of those who plead at once each would wait for the others.
    else if (typeof data === "number" && !isAwaited) hold(data);
  });
  return {
    tell() {
      if (!isOpen) return;
      const wait = toldAt + APART_MS - performance.now();
      if (isAwaited || wait <= 0) send();
      else late ??= setTimeout(send, wait);
      if (!isAwaited) return;
      isAwaited = false;
      channel.postMessage(0);
    },
    listen(onChange) {
      let again: ReturnType<typeof setTimeout> | undefined;
      const stop = hear(({ data }) => {
        if (data !== null) return;
        onChange();
        // Whoever told may have ended before it told of what followed closely.
        clearTimeout(again);
        again = setTimeout(() => isOpen && onChange(), 2 * APART_MS);
      });
      return () => {
        clearTimeout(again);
        stop();
      };
    },
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
      if (isOpen && isAwaited) channel.postMessage(0);
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
