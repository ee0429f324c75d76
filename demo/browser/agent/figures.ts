import { numberOf, numbersIn, type Row, type Table } from "./table.ts";
import { formatNumber, stem, termsOf } from "./words.ts";

export type Measure = "sum" | "average" | "median" | "lowest" | "highest" | "count";

/** What is to be reckoned. Columns are numbers of columns. */
export interface Question {
  readonly table: Table;
  readonly measure: Measure;
  readonly column: number | undefined;
  readonly by: number | undefined;
  readonly where: readonly Condition[];
  /** Of groups, the one with the smallest figure is asked for. */
  readonly leastFirst: boolean;
}

/** A cell that must be so, or a number that must lie above or below. */
export type Condition =
  | { readonly column: number; readonly is: string }
  | { readonly column: number; readonly than: number; readonly above: boolean };

export interface Figure {
  /** Of the group; empty where there are no groups. */
  readonly group: string;
  readonly value: number;
  /** How many rows it was made of. */
  readonly rows: number;
  /** The row a lowest or highest value stands in. */
  readonly from: Row | undefined;
}

const MEASURES: readonly (readonly [Measure, RegExp])[] = [
  ["average", /\b(?:averages?|mean)\b/i],
  ["median", /\bmedian\b/i],
  ["highest", /\b(?:highest|most (?=\w)|largest|biggest|max(?:imum)?|longest|top)\b/i],
  ["lowest", /\b(?:lowest|cheapest|least|smallest|min(?:imum)?|shortest)\b/i],
  ["count", /\b(?:how many|count|number of)\b/i],
  ["sum", /\b(?:sum|totals?|add up|how much|altogether)\b/i],
];

export function measureIn(text: string): Measure | undefined {
  const named = MEASURES.filter(([, pattern]) => pattern.test(text)).map(([measure]) => measure);
  // "the lowest total" is a total; which comes first is another question.
  const isRanked = named[0] === "highest" || named[0] === "lowest";
  return (isRanked ? named.find((one) => one === "sum" || one === "average") : undefined) ?? named[0];
}

const LEAST = /\b(?:lowest|cheapest|least|smallest|min(?:imum)?|shortest)\b/i;

/** Words that speak of money without naming the column it stands in. */
const OF_MONEY =
  /\b(?:expensive|cheap(?:er|est)?|spen[dt]|spending|prices?|costs?|pay|paid|amounts?|expenses?)\b/i;
const MONEY = ["cost", "price", "amount", "total", "spend"].map(stem);

/** Reads a question in the words of a table: its columns, and the values in them. Undefined if it names none of them. */
export function questionAbout(table: Table, text: string): (Question & { readonly fit: number }) | undefined {
  const measure = measureIn(text);
  if (measure === undefined) return undefined;
  const grouping = /\b(?:by|per|for each|in each|for every|of each)\s+(.+)$|\bwhich\s+(\w+)/i.exec(text);
  const by = grouping ? columnIn(table, termsOf((grouping[1] ?? grouping[2] ?? "").slice(0, 40))) : undefined;
  const where = conditionsIn(table, text, by);
  const terms = termsOf(text);
  const numeric = table.columns.map((_, at) => at).filter((at) => numbersIn(table, at) !== undefined);
  const named =
    columnIn(table, terms, numeric) ?? (OF_MONEY.test(text) ? columnIn(table, MONEY, numeric) : undefined);
  const column = measure === "count" ? undefined : (named ?? (numeric.length === 1 ? numeric[0] : undefined));
  const inName = termsOf(table.document.replace(/[-_.]/g, " ")).filter((term) => terms.includes(term)).length;
  const fit = (named === undefined ? 0 : 2) + (by === undefined ? 0 : 2) + where.length * 2 + inName * 3;
  if (fit === 0 || (measure !== "count" && column === undefined)) return undefined;
  return { table, measure, column, by, where, leastFirst: LEAST.test(text), fit };
}

/** Reckons it: one figure, or one for each group, the largest first (the smallest, if the lowest is asked for). */
export function reckon({ table, measure, column, by, where, leastFirst }: Question): Figure[] {
  const rows = table.rows.filter((row) => where.every((condition) => holds(row, condition)));
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = by === undefined ? "" : (row.cells[by] ?? "").trim() || "(empty)";
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const figures = [...groups].flatMap(([group, of]) => figureOf(group, of, measure, column) ?? []);
  return figures.sort((a, b) => (leastFirst ? a.value - b.value : b.value - a.value));
}

export function describeCondition({ columns }: Table, condition: Condition): string {
  const name = columns[condition.column] ?? "";
  if ("is" in condition) return `${name} is ${condition.is}`;
  return `${name} ${condition.above ? "above" : "below"} ${formatNumber(condition.than)}`;
}

function figureOf(
  group: string,
  rows: readonly Row[],
  measure: Measure,
  column: number | undefined,
): Figure | undefined {
  if (measure === "count" || column === undefined)
    return { group, value: rows.length, rows: rows.length, from: undefined };
  const pairs = rows.flatMap((row) => {
    const value = numberOf(row.cells[column] ?? "");
    return value === undefined ? [] : [{ row, value }];
  });
  pairs.sort((a, b) => a.value - b.value);
  const [least, most] = [pairs[0], pairs.at(-1)];
  if (least === undefined || most === undefined) return undefined;
  const sum = pairs.reduce((total, { value }) => total + value, 0);
  const middle = (pairs.length - 1) / 2;
  const values: Record<Exclude<Measure, "count">, number> = {
    sum,
    average: sum / pairs.length,
    median: ((pairs[Math.floor(middle)]?.value ?? 0) + (pairs[Math.ceil(middle)]?.value ?? 0)) / 2,
    lowest: least.value,
    highest: most.value,
  };
  const from = measure === "lowest" ? least.row : measure === "highest" ? most.row : undefined;
  // Sums of cents gather dust far behind the point.
  return { group, value: Math.round(values[measure] * 1e6) / 1e6, rows: pairs.length, from };
}

function columnIn(
  { columns }: Table,
  terms: readonly string[],
  among = columns.map((_, at) => at),
): number | undefined {
  const scored = among.map((at) => {
    const own = termsOf((columns[at] ?? "").replace(/[_-]/g, " "));
    return { at, share: own.filter((term) => terms.includes(term)).length / Math.max(1, own.length) };
  });
  return scored.filter(({ share }) => share > 0).sort((a, b) => b.share - a.share)[0]?.at;
}

function conditionsIn(table: Table, text: string, by: number | undefined): Condition[] {
  const lower = ` ${text.toLowerCase().replace(/[?,.;]+(?=\s|$)/g, " ")} `;
  const found: Condition[] = [];
  for (const column of table.columns.keys()) {
    if (column === by || numbersIn(table, column) !== undefined) continue;
    const values = new Set(table.rows.map(({ cells }) => (cells[column] ?? "").trim()));
    // Of two values that are both named, the longer one is meant: "North East", not "North".
    const named = [...values].filter(
      (value) => value.length > 1 && lower.includes(` ${value.toLowerCase()} `),
    );
    const longest = named.sort((a, b) => b.length - a.length)[0];
    if (longest !== undefined) found.push({ column, is: longest });
  }
  const bound =
    /(\w+)\s+(?:is\s+|are\s+)?(over|above|more than|under|below|less than)\s+([€$£]?\s?[\d,.]+)/i.exec(text);
  const than = numberOf((bound?.[3] ?? "").replace(/[.,]$/, ""));
  if (bound === null || than === undefined) return found;
  const numeric = [...table.columns.keys()].filter((at) => numbersIn(table, at) !== undefined);
  const column =
    columnIn(table, termsOf(bound[1] ?? ""), numeric) ??
    columnIn(table, termsOf(text), numeric) ??
    numeric[0];
  if (column !== undefined) found.push({ column, than, above: /over|above|more/i.test(bound[2] ?? "") });
  return found;
}

function holds({ cells }: Row, condition: Condition): boolean {
  const cell = cells[condition.column] ?? "";
  if ("is" in condition) return cell.trim().toLowerCase() === condition.is.toLowerCase();
  const value = numberOf(cell);
  return value !== undefined && (condition.above ? value > condition.than : value < condition.than);
}
