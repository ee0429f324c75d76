import { wordsOf } from "./words.ts";

/** A passage with its place. `marks` are the ranges of `text` that were looked for. */
export interface Quote {
  readonly document: string;
  readonly line: number;
  readonly text: string;
  readonly marks: readonly (readonly [from: number, to: number])[];
}

/** A part of a reply. Plain data: how it looks is up to the page. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "quotes"; readonly quotes: readonly Quote[] }
  | {
      readonly kind: "table";
      readonly caption: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

export interface Reply {
  readonly blocks: readonly Block[];
  /** The answer in one sentence, for whoever says "remember the result". */
  readonly gist: string;
  /** The documents it is about; the first is what "it" means next. */
  readonly about: readonly string[];
}

export const text = (words: string): Block => ({ kind: "text", text: words });

/** A reply of one sentence. */
export function plainly(gist: string, about: readonly string[] = []): Reply {
  return { blocks: [text(gist)], gist, about };
}

/** A quote with the words marked whose stems are wanted. */
export function quote(
  { document, line, text: words }: Pick<Quote, "document" | "line" | "text">,
  stems: ReadonlySet<string>,
): Quote {
  const marks = wordsOf(words)
    .filter(({ stem }) => stems.has(stem))
    .map(({ at, raw }) => [at, at + raw.length] as const);
  return { document, line, text: words, marks };
}
