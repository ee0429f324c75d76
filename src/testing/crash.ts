import type { Failure } from "../store/store.ts";

/** The program died here. Every later call of that opening rejects with it too. */
export class Crash extends Error {
  override readonly name = "Crash";
}

/** A failure that a test asked for. */
export class InjectedFailure extends Error {
  override readonly name = "InjectedFailure";
  readonly failure: Failure;

  constructor(message: string, failure: Failure) {
    super(message);
    this.failure = failure;
  }
}

/** Whether `error` is a crash, or was caused by one: the guard and the engine wrap what they meet. */
export function isCrash(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof Crash) return true;
  return false;
}
