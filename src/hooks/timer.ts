import { StateError } from "../ground/error.ts";

/** Calls `fire` after `ms`, unless the returned function is called before. Tests give their own. */
export type Timer = (ms: number, fire: () => void) => () => void;

export const systemTimer: Timer = (ms, fire) => {
  const handle = setTimeout(fire, ms);
  return () => clearTimeout(handle);
};

/** Resolves after `ms`; rejects with `aborted` as soon as `signal` does. */
export function sleep(ms: number, timer: Timer, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancelTimer();
      reject(aborted(signal));
    };
    const cancelTimer = timer(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

export function aborted(signal: AbortSignal | undefined): StateError {
  return new StateError("aborted", "the operation was ended while hooks were asked", {
    cause: signal?.reason,
  });
}
