import type { ObjectStorage } from "./platform.ts";
import type { StateRequest } from "./request.ts";

/** An alarm is never further away; it sets the next one. The platform refuses times far off. */
const LONGEST_SLEEP_MS = 365 * 24 * 60 * 60 * 1000;

/** An object has one alarm: the earliest time that somebody needs counts. */
export function alarmIn(storage: ObjectStorage): (time: number) => Promise<void> {
  async function setEarlier(time: number): Promise<void> {
    const wanted = Math.min(time, Date.now() + LONGEST_SLEEP_MS);
    const set = await storage.getAlarm();
    if (set === null || set > wanted) await storage.setAlarm(wanted);
  }

  // One after the other: of two that look before either has set its time, the later time could stay.
  let last: Promise<unknown> = Promise.resolve();
  return (time) => {
    const mine = last.then(() => setEarlier(time));
    last = Promise.allSettled([mine]); // whoever asked is told of a failure
    return mine;
  };
}

/** When the first entry that a request stores will be past its time. Undefined where none will, or what it says is no time. */
export function expiryOf(request: StateRequest): number | undefined {
  const writes =
    request.kind === "batch" && Array.isArray(request.changes)
      ? request.changes
      : [Reflect.get(request, "options")];
  const lives = writes.flatMap(lifeIn);
  return lives.length === 0 ? undefined : Date.now() + Math.min(...lives);
}

/** The request is not checked yet: it may say anything. */
function lifeIn(write: unknown): number[] {
  const ttlMs: unknown =
    typeof write === "object" && write !== null ? Reflect.get(write, "ttlMs") : undefined;
  return typeof ttlMs === "number" && ttlMs > 0 ? [ttlMs] : [];
}
