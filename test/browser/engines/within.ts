import { setTimeout as wait } from "node:timers/promises";

/** What a browser may take for one step, in milliseconds: far more than it needs, so that only a hang meets it. */
export const STEP_MS = 30_000;

/** `promise`, or a rejection that names what did not happen in time. */
export async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  const ended = new AbortController();
  const late = async () => {
    await wait(ms, undefined, { signal: ended.signal });
    throw new Error(`${what} did not happen within ${ms} ms`);
  };
  try {
    return await Promise.race([promise, late()]);
  } finally {
    ended.abort();
  }
}
