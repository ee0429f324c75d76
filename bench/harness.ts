/** Measures a section: every row once a round, A B C, A B C …, after a warm-up round that does not count. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { format, type SectionResult, summarise } from "./summary.ts";
import type { Row, Sample, Section } from "./workloads/workload.ts";

setFlagsFromString("--expose-gc");
/** So that no row pays for the garbage of the one before it. */
const collect: () => void = runInNewContext("gc");

/** A row that throws is out of the following rounds, and of the table; the others go on. */
export async function measure(section: Section, rounds: number): Promise<SectionResult> {
  const samples = new Map<Row, Sample[]>();
  const failures = new Map<Row, string>();

  async function attempt(row: Row, step: () => Promise<void> | undefined): Promise<void> {
    if (failures.has(row)) return;
    try {
      await step();
    } catch (error) {
      failures.set(row, error instanceof Error ? error.message : String(error));
      console.log(`  ${row.name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  for (const row of section.rows) await attempt(row, () => row.setup?.());
  for (let round = 0; round <= rounds; round++) {
    for (const row of section.rows) {
      collect();
      await attempt(row, async () => {
        const sample = await row.sample();
        if (round > 0) samples.set(row, [...(samples.get(row) ?? []), sample]);
      });
    }
    console.log(round === 0 ? "  warm-up done" : `  round ${round} of ${rounds}${progress(samples)}`);
  }
  for (const row of section.rows) await row.teardown?.();
  for (const row of failures.keys()) samples.delete(row);
  const failed = [...failures].map(([{ name }, reason]) => ({ name, reason }));
  return summarise(section, samples, failed, rounds);
}

function progress(samples: ReadonlyMap<Row, readonly Sample[]>): string {
  const latest = [...samples].map(([row, list]) => `${row.name} ${format(list.at(-1)?.value ?? Number.NaN)}`);
  return `: ${latest.join(" · ")}`;
}
