import { type Failure, StateError } from "../../src/adapter.ts";
import { nameOf } from "../shared/error-name.ts";

/** A connection that fails so is of no use any more: it is closed, or what serves it is gone. */
const LOST: readonly unknown[] = ["AbortError", "InvalidStateError", "UnknownError"];

export function isLost(error: unknown): boolean {
  return LOST.includes(nameOf(error));
}

/**
 * Quota only ever comes from a transaction that was aborted, or that was never begun, so nothing of it has landed.
 * Chromium also says it of some damaged databases: whoever has room left should look there.
 */
export function classify(error: unknown): Failure | undefined {
  const name = nameOf(error);
  if (name === "QuotaExceededError") return "quota";
  // Values that Chromium keeps in files of their own, and that are gone or cut.
  if (name === "NotReadableError") return "corrupt";
  return error instanceof Error && /corrupt/i.test(error.message) ? "corrupt" : undefined;
}

/** What it means that a store could not be opened, which for an open store would mean something else. */
export function openingFailure(error: unknown): unknown {
  // Private windows and blocked site data.
  return ["SecurityError", "InvalidStateError"].some((name) => nameOf(error) === name)
    ? unusable(error)
    : error;
}

/** IndexedDB is not there, or is not to be written to. */
export function unusable(cause: unknown): StateError {
  const why = cause instanceof Error ? ` (${cause.name}: ${cause.message})` : "";
  const message = `IndexedDB cannot be used here${why}: there is none, the window is private, site data is blocked, or no room is left. Allow it, or open with fallback: "memory".`;
  return new StateError("unsupported", message, { adapter: "indexeddb", cause });
}
