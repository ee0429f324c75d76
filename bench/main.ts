/** `npm run bench`, `npm run bench -- P2 --quick --no-peers --rounds 3`: reads the command line, runs, reports. */

import { fileURLToPath } from "node:url";
import { parseArgs, styleText } from "node:util";
import { environment } from "./environment.ts";
import { measure } from "./harness.ts";
import { installPeers } from "./peers.ts";
import { printSection, saveResult } from "./report.ts";
import { openScratch } from "./scratch.ts";
import { availableSubjects } from "./subjects/all.ts";
import type { SectionResult } from "./summary.ts";
import { browserWorkloads, chromium } from "./workloads/browser.ts";
import { edgeWorkloads, workerd } from "./workloads/edge.ts";
import { p1 } from "./workloads/p1.ts";
import { p2 } from "./workloads/p2.ts";
import { p3 } from "./workloads/p3.ts";
import { p4 } from "./workloads/p4.ts";
import { p5 } from "./workloads/p5.ts";
import { p6 } from "./workloads/p6.ts";
import { p7 } from "./workloads/p7.ts";
import { p8 } from "./workloads/p8.ts";
import { p12 } from "./workloads/p12.ts";
import type { Context } from "./workloads/workload.ts";

const WORKLOADS = [p1, p2, p3, p4, p5, p6, p7, p8, p12, ...browserWorkloads, ...edgeWorkloads];
const USAGE = `npm run bench -- [${WORKLOADS.map(({ id }) => id).join(" | ")}] … [--quick] [--no-peers] [--rounds <n>]`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    "no-peers": { type: "boolean", default: false },
    rounds: { type: "string" },
  },
});
const unknown = positionals.filter((id) => !WORKLOADS.some((workload) => workload.id === id.toUpperCase()));
if (unknown.length > 0) {
  console.error(`There is no workload ${unknown.join(", ")}.\n${USAGE}`);
  process.exit(2);
}
const wanted = positionals.map((id) => id.toUpperCase());
const chosen = WORKLOADS.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
const quick = options.quick;
const rounds = Number(options.rounds ?? (quick ? 3 : 7));
// Only full results are kept; others would take the place of more than they tell.
const isPartial = quick || options["no-peers"];
const folder = fileURLToPath(new URL(isPartial ? ".tmp/results" : "results", import.meta.url));

const withPeers = !options["no-peers"] && installPeers();
const scratch = await openScratch();
try {
  const { subjects, leftOut } = await availableSubjects(scratch.root, withPeers);
  for (const reason of leftOut) console.log(styleText("yellow", `Left out: ${reason}`));
  const context: Context = {
    quick,
    withPeers,
    scratch,
    has: (subject) => subjects.has(subject),
    those: (...list) => list.filter((subject) => subjects.has(subject)),
  };
  for (const { id, title, sections } of chosen) {
    console.log(styleText("bold", `\n${id}  ${title}`));
    const results: SectionResult[] = [];
    for (const section of sections(context)) {
      if (section.rows.length === 0) continue;
      console.log(`\n  ${section.title}`);
      const result = await measure(
        section,
        options.rounds === undefined ? (section.rounds ?? rounds) : rounds,
      );
      printSection(result);
      results.push(result);
      if (result.failed.length > 0) process.exitCode = 1;
    }
    const path = await saveResult(
      { id, title, environment: environment(quick), leftOut, sections: results },
      folder,
    );
    console.log(`  saved as ${path}`);
  }
} finally {
  await chromium.close();
  await workerd.close();
  await scratch.remove();
}
