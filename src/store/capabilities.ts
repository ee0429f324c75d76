/** What an opened store truly offers. Each flag changes what the engine does; the comment says how. */
export interface Capabilities {
  /**
   * `batch`: a commit is all or nothing, `get` is one consistent read; the engine then puts large values and pages
   * into the commit that names them. `prefix`: a crash may keep the first few writes; the engine writes what is
   * pointed to before the pointer, and the first write after an open sweeps what a crash left.
   */
  readonly atomicity: "batch" | "prefix";
  /**
   * Whom the compare-and-swap keeps out. `shared`: every other writer of the same data. `local`: only those in this
   * program; the engine then opens for writing only with `require: { singleWriter: true }`.
   */
  readonly swap: "shared" | "local";
  /**
   * `eventual`: reads may be old. The engine takes the page, not the head, as the commit point, rolls forward on
   * open, reports forks, waits before it deletes, and treats a missing record as `stale` instead of corrupt.
   */
  readonly consistency: "strong" | "eventual";
  /**
   * What a resolved commit survives: nothing, the program's end, `gated` (nothing outside can see an effect before
   * it is on disk), or a power cut. Reported in each write's result; never changed by the engine.
   */
  readonly durability: "none" | "process" | "gated" | "power";
  /** Larger values are split into parts by the engine. Bytes. */
  readonly maxValueBytes: number;
  /** A commit with more is divided: unnamed records first, the pointer with the last. */
  readonly maxBatch: { readonly count: number; readonly bytes: number };
  /** The least time between two puts of one key; the engine gathers commits meanwhile. Milliseconds, 0 for none. */
  readonly minPutIntervalMs: number;
  /** How old an `eventual` read may be; deletions wait twice this. Milliseconds, 0 where strong. */
  readonly stalenessMs: number;
}

/** From here on a limit counts as none. */
export const UNLIMITED = 2 ** 31;

/** Whether a value or a batch of the engine's may be too large for the store as it is. */
export function hasLimits({ maxBatch, maxValueBytes }: Capabilities): boolean {
  return Math.min(maxValueBytes, maxBatch.count, maxBatch.bytes) < UNLIMITED;
}

/** What a caller may insist on at open. Unmet wishes refuse the open in a readable sentence. */
export interface Requirements {
  readonly atomicity?: "batch";
  readonly swap?: "shared";
  readonly consistency?: "strong";
  /** At least this durability, in the order none, process, gated, power. */
  readonly durability?: "process" | "gated" | "power";
}

const DURABILITIES: readonly Capabilities["durability"][] = ["none", "process", "gated", "power"];

/** The wishes that `offered` does not meet, each as a clause for a sentence. Empty when all are met. */
export function unmet(wanted: Requirements, offered: Capabilities): string[] {
  const clauses: string[] = [];
  for (const flag of ["atomicity", "swap", "consistency"] as const) {
    const wish = wanted[flag];
    if (wish !== undefined && offered[flag] !== wish)
      clauses.push(`${flag} is ${offered[flag]}, not ${wish}`);
  }
  const least = wanted.durability;
  if (least !== undefined && DURABILITIES.indexOf(offered.durability) < DURABILITIES.indexOf(least)) {
    clauses.push(`durability is ${offered.durability}, less than ${least}`);
  }
  return clauses;
}
