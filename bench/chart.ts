/** Draws docs/images/figures.svg from the kept results: `npm run figures`. One panel a question, on a logarithmic scale. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Result } from "./report.ts";
import { format, type RowResult } from "./summary.ts";

interface Panel {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** In the order in which they are shown; what a run left out is left out here. */
  readonly names: readonly string[];
}

const PANELS: readonly Panel[] = [
  {
    id: "p2",
    title: "Node: 10,000 sets at once, on disk",
    unit: "µs a set",
    names: [
      "raw append + fdatasync",
      "keepstate",
      "lmdb, flush awaited",
      "classic-level",
      "better-sqlite3 + history row",
      "keyv + sqlite, 1000 sets",
    ],
  },
  {
    id: "b2",
    title: "Chromium: 10,000 sets at once",
    unit: "µs a set",
    names: ["raw segment log", "keepstate", "TinyBase", "raw rows", "idb", "Dexie", "RxDB"],
  },
  {
    id: "p4",
    title: "Node: a hot get",
    unit: "ns",
    names: ["Map", "keepstate", "TinyBase file", "lmdb", "classic-level", "better-sqlite3"],
  },
];

const WIDTH = 760;
const LABEL = 200;
const RIGHT = 150;
const ROW = 22;
const GAP = 46;

const results = fileURLToPath(new URL("results/", import.meta.url));
const panels = PANELS.map(({ id, names, ...panel }) => {
  const result: Result = JSON.parse(readFileSync(`${results}${id}.json`, "utf8"));
  const rows = result.sections[0]?.rows ?? [];
  return { ...panel, rows: names.flatMap((name) => rows.find((row) => row.name === name) ?? []) };
});
const height = panels.reduce((sum, { rows }) => sum + rows.length * ROW + GAP, 8);

let top = 0;
const drawn = panels.map((panel) => {
  const at = top;
  top += panel.rows.length * ROW + GAP;
  return draw(panel, at);
});
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label()}">
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; font-size: 14px; }
  .figure, .unit { fill: #57606a; }
  .bar { fill: #b6bec8; } .limit { fill: #d5dae0; } .ours { fill: #1f7a5c; } .name-ours { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .figure, .unit { fill: #9da7b3; }
    .bar { fill: #59636e; } .limit { fill: #3a424b; } .ours { fill: #3fb68b; }
  }
</style>
${drawn.join("\n")}
</svg>
`;
writeFileSync(fileURLToPath(new URL("../docs/images/figures.svg", import.meta.url)), svg);

function draw({ title, unit, rows }: (typeof panels)[number], at: number): string {
  const medians = rows.map((row) => row.spread.median);
  const least = Math.log10(Math.min(...medians)) - 0.15;
  const most = Math.log10(Math.max(...medians));
  const bars = rows.map((row, i) => {
    const y = at + 34 + i * ROW;
    const share = (Math.log10(row.spread.median) - least) / (most - least);
    const long = Math.max(3, share * (WIDTH - LABEL - RIGHT)).toFixed(0);
    const ours = row.name === "keepstate" ? ' class="name-ours"' : "";
    const history = unit !== "ns" && row.history ? " with history" : "";
    return `<text x="${LABEL - 10}" y="${y + 12}" text-anchor="end"${ours}>${row.name}</text>
<rect x="${LABEL}" y="${y}" width="${long}" height="15" rx="2" class="${kindOf(row, i)}"/>
<text x="${LABEL + Number(long) + 8}" y="${y + 12}" class="figure">${format(row.spread.median)}${history}</text>`;
  });
  return `<text x="${LABEL}" y="${at + 22}" class="title">${title}</text>
<text x="${WIDTH - 4}" y="${at + 22}" text-anchor="end" class="unit">${unit}, logarithmic</text>
${bars.join("\n")}`;
}

/** The first of each panel is what nothing can be faster than. */
function kindOf({ name }: RowResult, i: number): string {
  if (i === 0) return "limit";
  return name === "keepstate" ? "ours" : "bar";
}

function label(): string {
  const sentences = panels.map(({ title, unit, rows }) => {
    const figures = rows.map((row) => `${row.name} ${format(row.spread.median)}`).join(", ");
    return `${title}, ${unit}: ${figures}.`;
  });
  return sentences.join(" ");
}
