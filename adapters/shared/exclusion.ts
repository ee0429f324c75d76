/**
 * One at a time, by name. A lock is given back when its work ends and when its tab or program ends, and is never taken
 * from whoever holds it. Who waits longer than the given time is refused as `locked`, and its work never begins.
 */
import { StateError } from "../../src/adapter.ts";
import { settlesWithin } from "./deadline.ts";

export interface Exclusion {
  /** Who is kept out: all tabs and workers of the origin, or only those in this program. */
  readonly reach: "origin" | "program";
  /** Runs `work` when nobody else runs theirs. Rejects with `locked` if its turn does not come in time. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * By Web Locks (browsers in secure contexts, Deno, Node from 24.5 on), and where there are none by a queue in this
 * program. `patienceMs` is the longest wait in milliseconds.
 */
export function exclusion(name: string, patienceMs: number): Exclusion {
  const locks = webLocks();
  if (locks === undefined) return { reach: "program", run: (work) => inProgram(name, patienceMs, work) };
  return { reach: "origin", run: (work) => underWebLock(locks, name, patienceMs, work) };
}

/** Typed as always there, but it is not on plain http pages and in older runtimes. */
function webLocks(): LockManager | undefined {
  const { navigator }: { navigator?: { locks?: LockManager } } = globalThis;
  return navigator?.locks;
}

async function underWebLock<T>(
  locks: LockManager,
  name: string,
  patienceMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const begun: { work?: Promise<T> } = {};
  const patience = AbortSignal.timeout(patienceMs);
  const held = locks.request(name, { signal: patience }, () => {
    begun.work = work();
    return begun.work;
  });
  const [lock] = await Promise.allSettled([held]);
  // Whatever became of the lock (another script may steal it), the outcome is that of the work, known when it has ended.
  if (begun.work !== undefined) return begun.work;
  if (lock.status === "rejected" && !patience.aborted) throw lock.reason;
  throw locked(name, patienceMs);
}

/** The end of the last one in line, by name. */
const lines = new Map<string, Promise<void>>();

async function inProgram<T>(name: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
  const before = lines.get(name) ?? Promise.resolve();
  let leave = () => {};
  const gone = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const end = before.then(async () => {
    await gone;
    if (lines.get(name) === end) lines.delete(name);
  });
  lines.set(name, end);
  try {
    if (!(await settlesWithin(before, patienceMs))) throw locked(name, patienceMs);
    return await work();
  } finally {
    // Who gives up leaves too, but the line ends only when those before have left.
    leave();
  }
}

function locked(name: string, patienceMs: number): StateError {
  return new StateError(
    "locked",
    `Another writer has held the lock ${name} for more than ${patienceMs} ms. Nothing was written; try again.`,
  );
}
