import type { Document } from "./document.ts";
import { stem, termsOf } from "./words.ts";

/** The document a phrase means: by its whole name, else by the words of its name. `it` is what was spoken of last. */
export function documentNamed(
  documents: readonly Document[],
  phrase: string,
  last?: string,
): Document | undefined {
  const lower = phrase.toLowerCase();
  const whole = documents.find(({ name }) => lower.includes(name.toLowerCase()));
  if (whole !== undefined) return whole;
  const wanted = termsOf(phrase);
  const scored = documents
    .map((document) => {
      const own = nameTerms(document);
      const hits = own.filter((term) => wanted.includes(term)).length;
      return { document, score: hits + hits / Math.max(1, own.length) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  const [first, second] = scored;
  if (first !== undefined && first.score !== second?.score) return first.document;
  const meansLast = first === undefined && /\b(?:it|this|that|the (?:document|file|text))\b/i.test(phrase);
  return meansLast ? documents.find(({ name }) => name === last) : undefined;
}

/** The documents a phrase names, in its order: "a.md and b.md", "the two proposals". */
export function documentsNamed(documents: readonly Document[], phrase: string, last?: string): Document[] {
  const parts = phrase.split(/\s+(?:and|with|to|vs\.?|versus|against|or)\s+|,\s*/i);
  const found = parts.flatMap((part) => documentNamed(documents, part, last) ?? []);
  const distinct = [...new Set(found)];
  if (distinct.length > 1) return distinct;
  const wanted = termsOf(phrase);
  const alike = documents.filter((document) => nameTerms(document).some((term) => wanted.includes(term)));
  return alike.length > 1 ? alike : distinct;
}

/** A request without the words that only name the document it is about. */
export function withoutName(text: string, document: Document): string {
  const name = nameTerms(document);
  const rest = text.replaceAll(document.name, " ");
  return rest.replace(/[\p{L}\p{N}]+/gu, (word) => (name.includes(stem(word)) ? " " : word));
}

function nameTerms({ name }: Document): string[] {
  return termsOf(name.replace(/\.\w+$/, "").replace(/[-_.]/g, " "));
}
