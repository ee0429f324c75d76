import { recall, turned } from "../fact.ts";
import { documentNamed, withoutName } from "../naming.ts";
import { type Block, plainly, quote, type Reply, text } from "../reply.ts";
import { type Hit, search } from "../search.ts";
import { splitSentences } from "../sentence.ts";
import { count, isTelling, termsOf, wordsOf } from "../words.ts";
import type { World } from "../world.ts";
import { notFound } from "./missing.ts";

const MOST_QUOTES = 4;
/** A passage that scores less than this share of the best is about something else. */
const WORTH_QUOTING = 0.45;
const LONGEST_QUOTE = 320;

/** Full-text search; the answer is the best passages, word by word, and what the user said about it. */
export function answer(world: World, question: string): Reply {
  const { facts, documents } = world;
  const one = documentNamed(documents, question);
  const known = recall(facts, question).slice(0, 2);
  const hits = search(documents, question, MOST_QUOTES);
  const best = hits[0];
  if (best === undefined && known.length === 0) {
    if (documents.length === 0) return notFound(world, question);
    if (one !== undefined) return quoteFrom(world, one.name, question);
    return plainly(
      `Nothing in ${count(documents.length, "document")} speaks of that, and you told me nothing about it.`,
    );
  }
  const blocks: Block[] = known.map(({ text: fact }) => text(`You told me: ${turned(fact)}.`));
  const close = hits.filter(({ score }) => score >= (best?.score ?? 0) * WORTH_QUOTING);
  const names = [...new Set(close.map(({ passage }) => passage.document))];
  if (best !== undefined) {
    const passages = `${count(close.length, "passage")} in ${names.join(", ")}`;
    blocks.push(text(`${missingFrom(question, best)}${passages}, the closest first:`));
    blocks.push({ kind: "quotes", quotes: close.map(asQuote) });
  }
  const gist = best === undefined ? turned(known[0]?.text ?? "") : gistOf(best);
  return { blocks, gist, about: names };
}

/** The same, in one document only. */
export function quoteFrom(world: World, from: string, subject: string): Reply {
  const document = documentNamed(world.documents, from, world.last?.about[0]);
  if (document === undefined) return notFound(world, from);
  const hits = search([document], withoutName(subject, document), MOST_QUOTES);
  if (hits[0] === undefined)
    return plainly(`${document.name} says nothing about ${subject}.`, [document.name]);
  const blocks: Block[] = [{ kind: "quotes", quotes: hits.map(asQuote) }];
  return { blocks, gist: gistOf(hits[0]), about: [document.name] };
}

/** How often and where words occur, by document. */
export function mentions({ documents }: World, phrase: string): Reply {
  const wanted = termsOf(phrase);
  const stems = new Set(wanted);
  const rows = documents.flatMap(({ name, text: all }) => {
    const lines = all.split("\n").flatMap((line, at) => {
      const own = wordsOf(line).map(({ stem }) => stem);
      const times = own.filter((_, from) => wanted.every((term, n) => own[from + n] === term)).length;
      return times === 0 ? [] : [{ document: name, line: at + 1, text: shorten(line.trim()), times }];
    });
    return lines.length === 0
      ? []
      : [{ name, lines, times: lines.reduce((sum, line) => sum + line.times, 0) }];
  });
  if (wanted.length === 0 || rows.length === 0) return plainly(`No document mentions “${phrase}”.`);
  rows.sort((a, b) => b.times - a.times);
  const total = rows.reduce((sum, { times }) => sum + times, 0);
  const gist = `“${phrase}” is mentioned ${count(total, "time")} in ${count(rows.length, "document")}`;
  const quotes = rows.flatMap(({ lines }) => lines.slice(0, 2).map((line) => quote(line, stems)));
  const table: Block = {
    kind: "table",
    caption: `Mentions of “${phrase}”`,
    columns: ["document", "times", "lines"],
    rows: rows.map(({ name, times, lines }) => [
      name,
      String(times),
      lines
        .slice(0, 8)
        .map(({ line }) => line)
        .join(", "),
    ]),
  };
  return {
    blocks: [text(`${gist}:`), table, { kind: "quotes", quotes: quotes.slice(0, MOST_QUOTES) }],
    gist,
    about: rows.map(({ name }) => name),
  };
}

/** Says so where the best passage leaves out most of what was asked for. */
function missingFrom(question: string, { found }: Hit): string {
  const words = wordsOf(question).filter(({ raw, stem }) => isTelling(raw) && !found.includes(stem));
  if (words.length < 2 || words.length <= found.length) return "";
  return `No passage speaks of ${words.map(({ raw }) => `“${raw}”`).join(" and ")} as well. `;
}

function asQuote({ passage, found }: Hit) {
  const { document, line } = passage;
  return quote({ document, line, text: closest(passage.text, found) }, new Set(found));
}

/** A long passage is cut to the sentences around the words that were looked for. */
function closest(words: string, found: readonly string[]): string {
  if (words.length <= LONGEST_QUOTE) return words;
  const sentences = splitSentences(words);
  const hits = sentences.map((sentence) => termsOf(sentence).filter((term) => found.includes(term)).length);
  const at = hits.indexOf(Math.max(...hits));
  return shorten(`${at > 0 ? "… " : ""}${sentences.slice(at, at + 2).join(" ")}`);
}

function shorten(words: string): string {
  return words.length <= LONGEST_QUOTE ? words : `${words.slice(0, LONGEST_QUOTE).replace(/\s+\S*$/, "")} …`;
}

function gistOf({ passage, found }: Hit): string {
  return `${closest(passage.text, found)} (${passage.document}, line ${passage.line})`;
}
