import type { Capabilities } from "../../src/adapter.ts";

const MEBIBYTE = 1024 * 1024;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** localForage writes one value at a time, each in a transaction of its own. */
const SINGLE_VALUES = {
  atomicity: "prefix",
  consistency: "strong",
  maxBatch: { count: UNLIMITED, bytes: UNLIMITED },
  minPutIntervalMs: 0,
  stalenessMs: 0,
} as const;

/** Each write is complete when IndexedDB says so, with the relaxed durability that is every browser's default. */
export function onIndexedDB(swap: Capabilities["swap"]): Capabilities {
  return { ...SINGLE_VALUES, swap, durability: "process", maxValueBytes: UNLIMITED };
}

/**
 * On localStorage, where a value is text, a third larger than its bytes, and shares about 5 MiB with all others; browsers
 * write it to disk when they please, and show it to other tabs late. The same for drivers that are not known.
 */
export const ELSEWHERE: Capabilities = {
  ...SINGLE_VALUES,
  swap: "local",
  durability: "none",
  maxValueBytes: MEBIBYTE,
};
