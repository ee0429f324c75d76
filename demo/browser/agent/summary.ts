import type { Document } from "./document.ts";
import { type Sentence, sentencesOf } from "./sentence.ts";
import { tally, termsOf, wordsOf } from "./words.ts";

/** A sentence with fewer telling words says too little to stand alone. */
const LEAST_TERMS = 4;
/** Opening sentences of a paragraph carry more; the first of all the most. */
const OPENING = 1.2;
const FIRST = 1.5;

/**
 * The sentences that say most of what a document says, in its order. Each is worth the weight of its words in the whole
 * text; after a sentence is taken its words weigh less, so that the next one says something else.
 */
export function summarise(document: Document, most: number): Sentence[] {
  const sentences = sentencesOf(document);
  const terms = sentences.map(({ text }) => [...new Set(termsOf(text))]);
  const weights = tally(terms.flat());
  const chosen = new Set<number>();
  while (chosen.size < Math.min(most, sentences.length)) {
    let best: number | undefined;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const [at, sentence] of sentences.entries()) {
      const score = chosen.has(at) ? Number.NEGATIVE_INFINITY : worth(sentence, terms[at] ?? [], weights);
      if (score > bestScore) [best, bestScore] = [at, score];
    }
    if (best === undefined) break;
    chosen.add(best);
    for (const term of terms[best] ?? []) weights.set(term, (weights.get(term) ?? 0) * 0.3);
  }
  return sentences.filter((_, at) => chosen.has(at));
}

function worth(
  { at, isFirst, text }: Sentence,
  terms: readonly string[],
  weights: ReadonlyMap<string, number>,
): number {
  const sum = terms.reduce((total, term) => total + (weights.get(term) ?? 0), 0);
  const isShort = terms.length < LEAST_TERMS || !/[.!?)]$/.test(text) || /^\w+:/.test(text);
  return (sum / (terms.length + 3)) * (at === 0 ? FIRST : isFirst ? OPENING : 1) * (isShort ? 0.4 : 1);
}

/** The most frequent telling words, as they are first written. */
export function keywords(document: Document, most: number): string[] {
  const written = new Map<string, string>();
  for (const { raw, stem } of wordsOf(document.text))
    if (!written.has(stem)) written.set(stem, raw.toLowerCase());
  const counts = tally(termsOf(document.text).filter((term) => term.length > 2 && !/\d/.test(term)));
  const ranked = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return ranked.slice(0, most).map(([term]) => written.get(term) ?? term);
}
