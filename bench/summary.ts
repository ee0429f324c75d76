/** What the samples of a section say: spread, ratio, and whether the bars are met. */

import type { Bar, Row, Sample, Section } from "./workloads/workload.ts";

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}
export interface RowResult {
  readonly name: string;
  readonly durable: boolean;
  readonly history: boolean;
  readonly note: string;
  readonly samples: readonly number[];
  readonly spread: Spread;
  /** Of the medians: to the row's own base if it has one, else to the section's limit. */
  readonly ratio?: number;
  /** Medians. */
  readonly columns: Readonly<Record<string, number>>;
}
export interface BarResult extends Bar {
  /** Absent when a row of it was not measured. */
  readonly measured?: number;
  readonly met?: boolean;
}
export interface SectionResult {
  readonly title: string;
  readonly unit: string;
  readonly limit?: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly rounds: number;
  readonly columns: readonly string[];
  readonly rows: readonly RowResult[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  readonly bars: readonly BarResult[];
}

export function summarise(
  section: Section,
  samples: ReadonlyMap<Row, readonly Sample[]>,
  failed: SectionResult["failed"],
  rounds: number,
): SectionResult {
  const { title, unit, sizes, limit, columns = [] } = section;
  const medians = new Map([...samples].map(([row, list]) => [row.name, spread(list, "value").median]));
  const rows = [...samples].map(([row, list]): RowResult => {
    const { name, durable, history, note } = row;
    const figures = spread(list, "value");
    const base = medians.get(row.base ?? limit ?? "");
    return {
      name,
      durable,
      history,
      note,
      samples: list.map(({ value }) => value),
      spread: figures,
      ...(base !== undefined && { ratio: figures.median / base }),
      columns: Object.fromEntries(columns.map((column) => [column, spread(list, column).median])),
    };
  });
  const bars = section.bars.map((bar) => judge(bar, rows));
  return { title, unit, sizes, rounds, columns, rows, failed, bars, ...(limit !== undefined && { limit }) };
}

function judge(bar: Bar, rows: readonly RowResult[]): BarResult {
  const figure = (name: string) => {
    const row = rows.find((candidate) => candidate.name === name);
    return bar.column === undefined ? row?.spread.median : row?.columns[bar.column];
  };
  const value = figure(bar.row);
  const base = bar.of === undefined ? 1 : figure(bar.of);
  if (value === undefined || base === undefined) return bar;
  return { ...bar, measured: value / base, met: value / base <= bar.atMost };
}

function spread(list: readonly Sample[], figure: string): Spread {
  const sorted = list.map((sample) => sample[figure] ?? Number.NaN).sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  };
}

/** About three significant digits, thousands apart. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const fraction = Math.min(digits, 2);
  return value.toLocaleString("en-US", { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
}
