import { type Document, readDocument } from "./documents.ts";
import { cut, readWords, titleOf, type WordCounts } from "./words.ts";

/** What the agent keeps of a document. */
export type Note =
  | {
      readonly outcome: "read";
      readonly title: string;
      readonly words: number;
      readonly frequent: readonly string[];
      readonly text: string;
      /** Set by the hook that removes addresses. */
      readonly addressesRemoved?: number;
    }
  /** A hook vetoed the note, or the document could not be read. Nothing of its content is kept. */
  | { readonly outcome: "withheld"; readonly by: string; readonly reason: string }
  | { readonly outcome: "unreadable"; readonly reason: string };

/** Of a long document so many characters are kept. */
const LONGEST_TEXT = 200_000;

/** Reads a document, and what the index is to know of it. Of one that cannot be read, the reason is kept. */
export async function noteFor(document: Document): Promise<{ note: Note; counts: WordCounts }> {
  const found = await readDocument(document);
  if ("failure" in found) return { note: { outcome: "unreadable", reason: found.failure }, counts: [] };
  const { total, counts } = readWords(found.text);
  return {
    note: {
      outcome: "read",
      title: titleOf(found.text, document.name),
      words: total,
      frequent: counts.slice(0, 8).map(([word]) => word),
      text: cut(found.text, LONGEST_TEXT),
    },
    counts,
  };
}
