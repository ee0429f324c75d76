import { type Document, type Passage, passagesOf } from "./document.ts";
import { tally, termsOf } from "./words.ts";

export interface Hit {
  readonly passage: Passage;
  /** BM25; only its order means something. */
  readonly score: number;
  /** The stems of the query that occur. */
  readonly found: readonly string[];
}

interface Indexed {
  readonly passage: Passage;
  readonly terms: ReadonlyMap<string, number>;
  readonly length: number;
}

/** How soon more of the same word stops to count, and how much a passage's length does. */
const SATURATION = 1.4;
const LENGTH = 0.6;
/** A word in the heading or in the name counts, but less than in the passage. */
const IN_HEADING = 0.6;
const IN_NAME = 0.3;

const indexes = new WeakMap<Document, readonly Indexed[]>();

function indexOf(document: Document): readonly Indexed[] {
  let index = indexes.get(document);
  if (index === undefined) {
    const name = termsOf(document.name.replace(/\.\w+$/, "").replace(/[-_]/g, " "));
    index = passagesOf(document).map((passage) => {
      const own = termsOf(passage.text);
      const terms = tally(own);
      for (const term of termsOf(passage.heading ?? "")) terms.set(term, (terms.get(term) ?? 0) + IN_HEADING);
      for (const term of name) terms.set(term, (terms.get(term) ?? 0) + IN_NAME);
      return { passage, terms, length: own.length };
    });
    indexes.set(document, index);
  }
  return index;
}

/** The passages that fit a query best, the best first. Text in double quotes must occur as it is. */
export function search(documents: readonly Document[], query: string, most = 5): Hit[] {
  const phrases = [...query.matchAll(/"([^"]+)"/g)].map((match) => (match[1] ?? "").toLowerCase());
  const wanted = [...new Set(termsOf(query))];
  const all = documents.flatMap(indexOf);
  const average = all.reduce((sum, { length }) => sum + length, 0) / Math.max(1, all.length);
  const rarity = new Map(
    wanted.map((term) => {
      const holders = all.filter(({ terms }) => terms.has(term)).length;
      return [term, Math.log(1 + (all.length - holders + 0.5) / (holders + 0.5))] as const;
    }),
  );
  const hits = all.flatMap(({ passage, terms, length }): Hit[] => {
    const lower = phrases.length > 0 ? passage.text.toLowerCase() : "";
    if (!phrases.every((phrase) => lower.includes(phrase))) return [];
    const found = wanted.filter((term) => terms.has(term));
    if (found.length === 0) return [];
    const score = found.reduce((sum, term) => {
      const frequency = terms.get(term) ?? 0;
      const damped = frequency + SATURATION * (1 - LENGTH + (LENGTH * length) / Math.max(1, average));
      return sum + (rarity.get(term) ?? 0) * ((frequency * (SATURATION + 1)) / damped);
    }, 0);
    return [{ passage, score, found }];
  });
  return hits.sort((a, b) => b.score - a.score).slice(0, most);
}
