import type { Capabilities } from "../store/capabilities.ts";

/** What a degraded store offers, under a name for test titles. */
export interface Profile {
  readonly name: string;
  readonly capabilities: Capabilities;
}

const UNLIMITED = Number.MAX_SAFE_INTEGER;

const STRONGEST: Capabilities = {
  atomicity: "batch",
  swap: "shared",
  consistency: "strong",
  durability: "power",
  maxValueBytes: UNLIMITED,
  maxBatch: { count: UNLIMITED, bytes: UNLIMITED },
  minPutIntervalMs: 0,
  stalenessMs: 0,
};

/** Small enough that ordinary pages are split and divided. */
const TINY = { maxValueBytes: 1024, maxBatch: { count: 128, bytes: 16 * 1024 } };

/** A profile like the strongest, but for what `weaker` says. */
export function profile(name: string, weaker: Partial<Capabilities> = {}): Profile {
  return { name, capabilities: { ...STRONGEST, ...weaker } };
}

/** The kinds of store there are, each as a real adapter has it or worse. */
export const profiles: readonly Profile[] = [
  profile("batch, shared, strong"),
  profile("prefix, shared, strong", { atomicity: "prefix" }),
  profile("batch, local, strong", { swap: "local" }),
  profile("prefix, local, strong", { atomicity: "prefix", swap: "local" }),
  profile("prefix, local, eventual", {
    atomicity: "prefix",
    swap: "local",
    consistency: "eventual",
    stalenessMs: 60_000,
  }),
  profile("prefix, local, eventual, one put a second", {
    atomicity: "prefix",
    swap: "local",
    consistency: "eventual",
    stalenessMs: 60_000,
    minPutIntervalMs: 1000,
  }),
  profile("batch, tiny limits", TINY),
  profile("prefix, tiny limits", { atomicity: "prefix", ...TINY }),
  profile("batch, relaxed durability", { durability: "process" }),
  profile("prefix, relaxed durability", { atomicity: "prefix", durability: "process" }),
];
