/** When a breaker opens, and for how long. */
export interface BreakerOptions {
  /** So many failures within `windowMs` open it. */
  readonly failures: number;
  readonly windowMs: number;
  /** How long it stays open before one call may try. */
  readonly openMs: number;
}

/** `call`: go on. `probe`: the one call that tries after an opening. `open`: do not call. */
export type Pass = "call" | "probe" | "open";

/**
 * Keeps a hook that fails again and again from being called. Failures are counted in a window that slides, so those of
 * last week do not add up. After an opening a single call tries; only its success closes, and calls that were under way
 * when the breaker opened change nothing. Every pass other than `open` must be given back by `leave`.
 * Times are of one clock that measures durations, in milliseconds.
 */
export interface Breaker {
  enter(now: number): Pass;
  /** `abandoned`: neither, as when the caller gave up. True if this failure opened the breaker. */
  leave(pass: Pass, outcome: "success" | "failure" | "abandoned", now: number): boolean;
}

export function breaker({ failures, windowMs, openMs }: BreakerOptions): Breaker {
  /** The last `failures` failures as a ring; the oldest is the next to be overwritten. */
  let ring: number[] = [];
  let next = 0;
  let openedAt: number | undefined;
  let isProbing = false;

  function isFull(now: number): boolean {
    ring[next] = now;
    next = (next + 1) % failures;
    const oldest = ring[next];
    return oldest !== undefined && now - oldest <= windowMs;
  }

  function close(): void {
    openedAt = undefined;
    ring = [];
    next = 0;
  }

  return {
    enter(now) {
      if (openedAt === undefined) return "call";
      if (isProbing || now - openedAt < openMs) return "open";
      isProbing = true;
      return "probe";
    },
    leave(pass, outcome, now) {
      if (pass === "probe") {
        isProbing = false;
        if (outcome === "success") close();
        if (outcome !== "failure") return false;
        openedAt = now;
        return true;
      }
      if (pass === "open" || outcome !== "failure" || openedAt !== undefined || !isFull(now)) return false;
      openedAt = now;
      return true;
    },
  };
}
