/** One set after the other, timed. Figures are microseconds a set unless they say otherwise. */

import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Opened } from "./subjects/subject.ts";
import type { Entry } from "./values.ts";
import type { Sample } from "./workloads/workload.ts";

/** A slow store is stopped here; its figure is of the sets it made. */
const CAP_MS = 3_000;

export const SEQUENTIAL_COLUMNS = ["p99 µs", "worst stall ms", "loop busy %"];

/** One set after the other, each awaited. Also says how long and how much the event loop was held. */
export async function sequential(store: Opened, list: readonly Entry[], capMs = CAP_MS): Promise<Sample> {
  const took = new Float64Array(list.length);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // Not reset afterwards: that would forget when its timer last fired, and with it a block of the whole run.
  await sleep(5);
  const loop = performance.eventLoopUtilization();
  const start = performance.now();
  let done = 0;
  let before = start;
  for (const [key, value] of list) {
    await store.set(key, value);
    const now = performance.now();
    took[done++] = now - before;
    before = now;
    if (now - start > capMs) break;
  }
  const { utilization } = performance.eventLoopUtilization(loop);
  await sleep(3);
  delay.disable();
  const sorted = took.subarray(0, done).sort();
  return {
    value: ((before - start) * 1_000) / done,
    "p99 µs": (sorted[Math.ceil(done * 0.99) - 1] ?? Number.NaN) * 1_000,
    "worst stall ms": delay.max / 1e6,
    "loop busy %": utilization * 100,
    sets: done,
  };
}

/** Fills a store before it is measured, in batches of distinct keys, so that each set is a change. */
export async function fill(store: Opened, list: readonly Entry[], atOnce = 1_000): Promise<void> {
  for (let from = 0; from < list.length; from += atOnce) await store.setMany(list.slice(from, from + atOnce));
}
