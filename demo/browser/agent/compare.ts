import { type Document, passagesOf, plain } from "./document.ts";
import { keywords } from "./summary.ts";
import { numberOf } from "./table.ts";
import { formatNumber, tally, termsOf } from "./words.ts";

export interface Comparison {
  /** The cosine of the angle between their words: 0 has nothing in common, 1 the same words equally often. */
  readonly likeness: number;
  readonly shared: readonly string[];
  readonly onlyIn: readonly [readonly string[], readonly string[]];
  readonly fields: readonly FieldPair[];
}

/** What both documents say under one label, such as "Price: 40,000". */
export interface FieldPair {
  readonly label: string;
  readonly values: readonly [string, string];
  /** Of the second from the first, if both are numbers. */
  readonly difference: number | undefined;
}

export function compare(a: Document, b: Document): Comparison {
  const [ofA, ofB] = [tally(termsOf(a.text)), tally(termsOf(b.text))];
  const dot = [...ofA].reduce((sum, [term, n]) => sum + n * (ofB.get(term) ?? 0), 0);
  const likeness = dot / Math.max(1, length(ofA) * length(ofB));
  const [mainA, mainB] = [keywords(a, 40), keywords(b, 40)];
  const has = (of: ReadonlyMap<string, number>) => (word: string) =>
    termsOf(word).some((term) => of.has(term));
  return {
    likeness,
    shared: mainA.filter(has(ofB)).slice(0, 6),
    onlyIn: [
      mainA.filter((word) => !has(ofB)(word)).slice(0, 6),
      mainB.filter((word) => !has(ofA)(word)).slice(0, 6),
    ],
    fields: pairs(fieldsOf(a), fieldsOf(b)),
  };
}

function length(counts: ReadonlyMap<string, number>): number {
  return Math.sqrt([...counts.values()].reduce((sum, n) => sum + n * n, 0));
}

/** Lines such as "Price: 40,000", and the like in JSON. */
function fieldsOf(document: Document): Map<string, string> {
  const found = new Map<string, string>();
  const lines =
    document.kind === "json"
      ? passagesOf(document).flatMap(({ text }) => text.split(" · "))
      : document.text.split("\n").map(plain);
  for (const line of lines) {
    const [, label, value] = /^([\p{L}][\p{L} _-]{1,30}):\s+(\S.{0,80})$/u.exec(line) ?? [];
    if (label !== undefined && value !== undefined && !found.has(label)) found.set(label, value);
  }
  return found;
}

function pairs(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): FieldPair[] {
  const lower = new Map([...b].map(([label, value]) => [label.toLowerCase(), value]));
  return [...a].flatMap(([label, first]): FieldPair[] => {
    const second = lower.get(label.toLowerCase());
    if (second === undefined) return [];
    const [m, n] = [leadingNumber(first), leadingNumber(second)];
    return [
      { label, values: [first, second], difference: m === undefined || n === undefined ? undefined : n - m },
    ];
  });
}

/** "12 weeks" counts as 12. */
function leadingNumber(value: string): number | undefined {
  return numberOf(value) ?? numberOf(/^[€$£]?\s?[\d,.]*\d/.exec(value)?.[0] ?? "");
}

/** "+4", "-12,000", "same". */
export function describeDifference({ difference, values: [a, b] }: FieldPair): string {
  if (difference === undefined) return a.toLowerCase() === b.toLowerCase() ? "same" : "differs";
  if (difference === 0) return "same";
  return `${difference > 0 ? "+" : "−"}${formatNumber(Math.abs(difference))}`;
}
