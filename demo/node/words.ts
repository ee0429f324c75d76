/** Words of a document that are worth remembering, the most frequent first. */
export type WordCounts = readonly (readonly [word: string, count: number])[];

/** Words that say nothing about what a text is about. */
const STOP_WORDS = new Set(
  `about above after again against all also always and another any are array because been before being below between
  both but can cannot code could default did different does doing done down during each either else even every example
  few first for from further get gets had has have having here how however if instead into its itself just like make
  makes many may means might more most much must need needs never new no none nor not note now off once one only onto
  option options other others our out over own per return returns same see set sets should since so some such than that
  the their them then there these they this those through too true false two under until upon use used uses useful using
  value values very via want was way well were what when where whether which while who whose why will with within
  without would you your const let var import export require function null undefined string number boolean object type
  types www com org http https html img src href alt svg png badge div`.split(/\s+/),
);
/** A word said once may be chance. */
const LEAST_COUNT = 2;
const MOST_WORDS = 60;
const LONGEST_WORD = 40;

/** Markup, addresses and links are not words. */
const NOT_PROSE = /```[\s\S]*?```|<[^<>]*>|\]\([^)]*\)|\S*:\/\/\S*|\S*@\S*/g;

/** How many words, and which say what the document is about. */
export function readWords(text: string): { total: number; counts: WordCounts } {
  const words =
    text
      .replace(NOT_PROSE, " ")
      .toLowerCase()
      .match(/\p{L}{3,}/gu) ?? [];
  const counts = new Map<string, number>();
  for (const word of words) {
    if (word.length > LONGEST_WORD || STOP_WORDS.has(word)) continue;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const frequent = [...counts].filter(([, count]) => count >= LEAST_COUNT);
  frequent.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { total: words.length, counts: frequent.slice(0, MOST_WORDS) };
}

/** The first heading, else the first line. */
export function titleOf(text: string, otherwise: string): string {
  const heading = /^#{1,3}\s+(.+)$/m.exec(text)?.[1] ?? /\S.*/.exec(text)?.[0] ?? otherwise;
  const clean = heading.replace(NOT_PROSE, " ").replace(/[[\]!*`_]/g, "");
  return cut(clean.trim(), 80) || otherwise;
}

/** The beginning of a text, never half a character. */
export function cut(text: string, most: number): string {
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}
