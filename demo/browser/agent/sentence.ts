import { type Document, type Passage, passagesOf } from "./document.ts";

export interface Sentence {
  readonly document: string;
  /** Of the passage it stands in, from 1. */
  readonly line: number;
  readonly text: string;
  /** Its place in the document, from 0. */
  readonly at: number;
  /** Whether it begins a passage. */
  readonly isFirst: boolean;
}

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
const ABBREVIATED = /(?:\b(?:e\.g|i\.e|etc|vs|no|approx|dr|mr|mrs|ms|st)\.|\b[A-Z]\.)\s*$/i;

/** Splits a text where a sentence ends, and not after an abbreviation. */
export function splitSentences(text: string): string[] {
  const found: string[] = [];
  let isOpen = false;
  for (const { segment } of segmenter.segment(text)) {
    if (isOpen) found.push(`${found.pop() ?? ""}${segment}`);
    else found.push(segment);
    isOpen = ABBREVIATED.test(segment);
  }
  return found.map((sentence) => sentence.trim()).filter((sentence) => sentence !== "");
}

export function sentencesOf(document: Document): Sentence[] {
  const sentences: Sentence[] = [];
  for (const passage of passagesOf(document)) add(sentences, passage);
  return sentences;
}

function add(sentences: Sentence[], { document, line, text }: Passage): void {
  for (const [at, sentence] of splitSentences(text).entries()) {
    sentences.push({ document, line, text: sentence, at: sentences.length, isFirst: at === 0 });
  }
}
