import { termsOf } from "./words.ts";

/** Something the user asked the agent to remember, in the user's words. */
export interface Fact {
  /** Made from the run and the step, so that a step that is done again would not make a second one. */
  readonly id: string;
  readonly text: string;
}

/** The facts that a subject touches, the closest first; all of them where it has no telling words. */
export function recall(facts: readonly Fact[], subject: string): Fact[] {
  const wanted = new Set(termsOf(subject));
  if (wanted.size === 0) return [...facts];
  return facts
    .map((fact) => {
      const own = termsOf(fact.text);
      const hits = own.filter((term) => wanted.has(term)).length;
      return { fact, score: hits / Math.sqrt(Math.max(1, own.length)) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ fact }) => fact);
}

const TURNED: Readonly<Record<string, string>> = {
  i: "you",
  me: "you",
  my: "your",
  mine: "yours",
  myself: "yourself",
  am: "are",
  "i'm": "you are",
  "i’m": "you are",
  we: "you",
  our: "your",
  us: "you",
  you: "I",
  your: "my",
};

/** A user's sentence as the agent says it back: "my name is Ada" becomes "your name is Ada". */
export function turned(text: string): string {
  return text
    .replace(/[\p{L}'’]+/gu, (word) => TURNED[word.toLowerCase()] ?? word)
    .replace(/\b(you) was\b/gi, "$1 were");
}
