/** How results are shown: a coloured table for the terminal; JSON and Markdown for the record. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters, styleText } from "node:util";
import type { Environment } from "./environment.ts";
import { type BarResult, format, type RowResult, type SectionResult } from "./summary.ts";

export interface Result {
  readonly id: string;
  readonly title: string;
  readonly environment: Environment;
  readonly leftOut: readonly string[];
  readonly sections: readonly SectionResult[];
}

export function printSection(section: SectionResult): void {
  const table = [
    header(section),
    ...section.rows.map((row) => cells(section, row).map((cell) => paint(cell, row))),
  ];
  const widths = header(section).map((_, column) => Math.max(...table.map((line) => width(line[column]))));
  console.log();
  table.forEach((line, index) => {
    const text = line.map((cell, column) => pad(cell, widths[column] ?? 0, column > 0)).join("  ");
    console.log(`  ${index === 0 ? styleText("dim", text) : text}`);
  });
  for (const bar of section.bars) console.log(`  ${paintBar(bar)}`);
  for (const { name, reason } of section.failed)
    console.log(`  ${styleText("red", `${name} failed: ${reason}`)}`);
  console.log();
}

export async function saveResult(result: Result, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, result.id.toLowerCase());
  await writeFile(`${path}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  await writeFile(`${path}.md`, markdown(result));
  return `${path}.md`;
}

function header(section: SectionResult): string[] {
  const ratio = hasRatio(section) ? [section.limit === undefined ? "ratio" : "× limit"] : [];
  return [
    "subject",
    "durable",
    "history",
    "min",
    `median ${section.unit}`,
    "max",
    ...ratio,
    ...section.columns,
  ];
}

function cells(section: SectionResult, row: RowResult): string[] {
  const { min, median, max } = row.spread;
  const ratio = hasRatio(section) ? [format(row.ratio ?? Number.NaN)] : [];
  const further = section.columns.map((column) => format(row.columns[column] ?? Number.NaN));
  return [
    row.name,
    yes(row.durable),
    yes(row.history),
    format(min),
    format(median),
    format(max),
    ...ratio,
    ...further,
  ];
}

function barText(bar: BarResult): string {
  const figure = bar.column === undefined ? bar.row : `${bar.row}, ${bar.column}`;
  const bound = bar.of === undefined ? `≤ ${format(bar.atMost)}` : `≤ ${format(bar.atMost)} × ${bar.of}`;
  const outcome =
    bar.met === undefined
      ? "not measured"
      : `${bar.met ? "met" : "MISSED"}: ${format(bar.measured ?? Number.NaN)}`;
  return `bar ${figure} ${bound} – ${outcome}`;
}

function paintBar(bar: BarResult): string {
  return styleText(bar.met === undefined ? "yellow" : bar.met ? "green" : "red", barText(bar));
}

function paint(cell: string, row: RowResult): string {
  if (row.name.startsWith("keepstate")) return styleText("bold", cell);
  return row.durable ? cell : styleText("dim", cell);
}

function markdown(result: Result): string {
  const { node, cpu, cores, memoryGb, os, date, quick } = result.environment;
  const sections = result.sections.flatMap((section) => [
    `## ${section.title}`,
    "",
    `Sizes: ${list(section.sizes)}; ${section.rounds} rounds.${section.limit === undefined ? "" : ` Limit: ${section.limit}.`}`,
    "",
    line(header(section)),
    line(header(section).map((_, column) => (column === 0 ? "---" : "---:"))),
    ...section.rows.map((row) => line(cells(section, row))),
    "",
    ...section.bars.map((bar) => `- ${bar.met === undefined ? "○" : bar.met ? "✓" : "✗"} ${barText(bar)}`),
    "",
    ...section.failed.map(({ name, reason }) => `- ${name} failed: ${reason}`),
    ...section.rows.map((row) => `- ${row.name}: ${row.note}.`),
    "",
  ]);
  const left = result.leftOut.length === 0 ? [] : [`Left out: ${result.leftOut.join("; ")}.`, ""];
  return [
    `# ${result.id}: ${result.title}`,
    "",
    `${date} · Node ${node} · ${cpu}, ${cores} cores, ${memoryGb} GB · ${os}${quick ? " · quick" : ""}`,
    "",
    "Ratios count; absolute figures belong to this machine and its neighbours.",
    "",
    ...left,
    ...sections,
  ].join("\n");
}

const line = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
const hasRatio = (section: SectionResult) => section.rows.some((row) => row.ratio !== undefined);
const yes = (value: boolean) => (value ? "yes" : "no");
const width = (text = "") => stripVTControlCharacters(text).length;
const list = (sizes: Readonly<Record<string, number>>) =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${size.toLocaleString("en-US")}`)
    .join(", ");

function pad(text: string, to: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, to - width(text)));
  return right ? space + text : text + space;
}
