import { StateError } from "../../src/adapter.ts";
import { systemCode } from "./files.ts";

/**
 * Whether the store can still be trusted. After a failed sync the system may call pages clean that never reached the
 * disk, so no later success means anything: the store answers nothing more, and the next writer writes again what
 * no later sync had proven.
 */
export interface Health {
  /** Throws what made the store unusable. */
  check(): void;
  /** Makes the store unusable. The first reason stays. */
  poison(path: string, cause: unknown): StateError;
  readonly failure: StateError | undefined;
}

export function createHealth(): Health {
  let failure: StateError | undefined;
  return {
    get failure() {
      return failure;
    },
    check() {
      if (failure !== undefined) throw failure;
    },
    poison(path, cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      failure ??= new StateError(
        "unavailable",
        `${path} could not be written safely (${why}). Close the store and open it again.`,
        { adapter: "filesystem", file: path, cause },
      );
      return failure;
    },
  };
}

const FULL: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Whether there is no room, which says nothing against the disk. */
export function isFull(error: unknown): boolean {
  return FULL.has(systemCode(error));
}
