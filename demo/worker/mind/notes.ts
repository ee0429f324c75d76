import { entriesOf, type Fact, keyOf, type Memory, type Reply, said } from "./memory.ts";
import { plural, wordsOf } from "./words.ts";

const MOST_FOUND = 5;

export function note(memory: Memory, text: string): Reply {
  const notes = entriesOf<string>(memory, "notes");
  const last = Number(notes.at(-1)?.[0] ?? 0);
  const words = text.trim().split(/\s+/).length;
  return said(`Noted as number ${last + 1}, ${plural(words, "word")}.`, {
    key: keyOf("notes", last + 1),
    value: text.trim(),
  });
}

/** Notes and facts that share words with what is asked, those with rare words first. */
export function search(memory: Memory, asked: string): Reply {
  const notes = entriesOf<string>(memory, "notes").map(([n, text]) => ({ name: `note ${Number(n)}`, text }));
  const facts = entriesOf<Fact>(memory, "facts").map(([, { subject, value }]) => ({
    name: "fact",
    text: `${subject}: ${value}`,
  }));
  const all = [...notes, ...facts].map((one) => ({ ...one, words: new Set(wordsOf(one.text)) }));
  const weigh = (word: string) => 1 / (1 + all.filter(({ words }) => words.has(word)).length);
  const wanted = new Set(wordsOf(asked));
  const found = all
    .map((one) => {
      const hits = [...wanted].filter((word) => one.words.has(word));
      return { ...one, hits, score: hits.reduce((sum, word) => sum + weigh(word), 0) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.hits.length - a.hits.length || b.score - a.score);
  const where = `${plural(notes.length, "note")} and ${plural(facts.length, "fact")}`;
  if (found.length === 0) return said(`Nothing about “${asked.slice(0, 60)}” in ${where}.`);
  const lines = found.slice(0, MOST_FOUND).map(({ name, text }) => `• ${name}: ${text}`);
  return said([`Found ${found.length} in ${where}:`, ...lines].join("\n"));
}
