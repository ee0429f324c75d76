/** Words that say nothing about what a text is about. */
const EMPTY = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by
  can could did do does doing down during each either few for from further get give had has have having he her here hers
  him his how i if in into is it its just let like many may me might more most much must my no nor not now of off on once
  one only or other our out over own per please same say says she should so some such tell than that the their them then
  there these they this those through to too under until up us use very was we were what when where which while who whose
  why will with within would you your`.split(/\s+/),
);

/** What stands in the place of an e-mail address. It is not a word of the text. */
export const ADDRESS_REMOVED = "[address removed]";

const WORD = /\p{L}[\p{L}\p{N}'’-]*|\p{N}[\p{N}.,:]*/gu;

/** A word and where it stands. `stem` is what is compared. */
export interface Word {
  readonly raw: string;
  readonly stem: string;
  readonly at: number;
}

/** All words of a text, in order. */
export function wordsOf(text: string): Word[] {
  const own = text.replaceAll(ADDRESS_REMOVED, (mark) => " ".repeat(mark.length));
  return [...own.matchAll(WORD)].map((match) => {
    const raw = match[0].replace(/[.,:'’-]+$/, "");
    return { raw, stem: stem(raw), at: match.index };
  });
}

/** The stems of the words that mean something. */
export function termsOf(text: string): string[] {
  return wordsOf(text)
    .filter(({ raw }) => isTelling(raw))
    .map((word) => word.stem);
}

export function isTelling(raw: string): boolean {
  return raw.length > 1 && !EMPTY.has(raw.toLowerCase());
}

/** Cuts English endings, so that "costs", "cost" and "costing" meet. Wrong now and then, but the same way each time. */
export function stem(raw: string): string {
  let word = raw.toLowerCase().replace(/['’]s?$/, "");
  if (word.length < 4 || /\d/.test(word)) return word;
  if (word.endsWith("ies")) word = `${word.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(word)) word = word.slice(0, -2);
  else if (/[^suiy]s$/.test(word)) word = word.slice(0, -1);
  for (const ending of ["ing", "ed", "ly"]) {
    if (!word.endsWith(ending) || word.length < ending.length + 4) continue;
    word = word.slice(0, -ending.length).replace(/([bdfgmnprt])\1$/, "$1");
    break;
  }
  return word.length > 4 ? word.replace(/e$/, "") : word;
}

/** How often each of them occurs. */
export function tally(items: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** "3 documents", "1 row". */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${formatNumber(amount)} ${amount === 1 ? one : many}`;
}

const FORMAT = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });

export function formatNumber(value: number): string {
  return FORMAT.format(value);
}
