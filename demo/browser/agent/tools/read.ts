import { compare, describeDifference } from "../compare.ts";
import { type Document, passagesOf } from "../document.ts";
import { documentNamed, documentsNamed } from "../naming.ts";
import { type Block, plainly, quote, type Reply, text } from "../reply.ts";
import { sentencesOf } from "../sentence.ts";
import { keywords, summarise } from "../summary.ts";
import { numbersIn, type Table, tableOf } from "../table.ts";
import { count, formatNumber, wordsOf } from "../words.ts";
import type { World } from "../world.ts";
import { notFound } from "./missing.ts";

const MOST_LINES = 40;
const NOTHING_MARKED: ReadonlySet<string> = new Set();

export function greet({ documents, facts }: World): Reply {
  const [first] = documents;
  const gist = `I have ${count(documents.length, "document")} and remember ${count(facts.length, "thing")} you told me`;
  const topic = first === undefined ? "the budget" : (keywords(first, 1)[0] ?? first.name);
  const name = first?.name ?? "a document";
  const items = [
    `find ${topic}, or any question: I search and quote, with the line`,
    `summarise ${name}, compare two documents, quote ${name} on ${topic}`,
    "total, average, highest or lowest of a column, by another column",
    "remember that …, what do you know about …, forget …",
    "several of these at once, joined by “then”: I make a plan and go through it",
  ];
  return { blocks: [text(`${gist}. I can:`), { kind: "list", items }], gist, about: [] };
}

export function listDocuments(world: World): Reply {
  const { documents } = world;
  if (documents.length === 0) return notFound(world, "");
  const gist = `I have ${count(documents.length, "document")}: ${documents.map(({ name }) => name).join(", ")}`;
  const rows = documents.map((document) => [
    document.name,
    document.kind,
    formatNumber(wordsOf(document.text).length),
    keywords(document, 4).join(", "),
  ]);
  const table: Block = {
    kind: "table",
    caption: "Documents",
    columns: ["name", "kind", "words", "speaks of"],
    rows,
  };
  return { blocks: [table], gist, about: documents.map(({ name }) => name) };
}

export function summariseOne(world: World, from: string, most: number): Reply {
  const document = documentNamed(world.documents, from, world.last?.about[0]);
  if (document === undefined) return notFound(world, from);
  const about = [document.name];
  const table = tableOf(document);
  if (table !== undefined && document.kind !== "markdown") return summariseTable(document, table);
  const chosen = summarise(document, most);
  if (chosen.length === 0) return plainly(`${document.name} has no sentences.`, about);
  const size = `${count(sentencesOf(document).length, "sentence")}, ${count(wordsOf(document.text).length, "word")}`;
  const blocks: Block[] = [
    text(
      `${document.name} in ${chosen.length} of ${size}. It speaks of ${keywords(document, 5).join(", ")}.`,
    ),
    { kind: "quotes", quotes: chosen.map((sentence) => quote(sentence, NOTHING_MARKED)) },
  ];
  return { blocks, gist: `${document.name}: ${chosen[0]?.text ?? ""}`, about };
}

function summariseTable({ name }: Document, table: Table): Reply {
  const rows = table.columns.map((column, at) => {
    const numbers = numbersIn(table, at);
    if (numbers === undefined) {
      const values = new Set(table.rows.map(({ cells }) => (cells[at] ?? "").trim()));
      const shown = [...values].slice(0, 3).join(", ");
      return [column, count(values.size, "value"), values.size > 3 ? `${shown}, …` : shown];
    }
    const sum = numbers.reduce((total, value) => total + value, 0);
    const range = `${formatNumber(Math.min(...numbers))} to ${formatNumber(Math.max(...numbers))}`;
    return [column, range, `total ${formatNumber(sum)}, average ${formatNumber(sum / numbers.length)}`];
  });
  const gist = `${name} has ${count(table.rows.length, "row")} with ${table.columns.join(", ")}`;
  const block: Block = {
    kind: "table",
    caption: `Columns of ${name}`,
    columns: ["column", "holds", ""],
    rows,
  };
  return { blocks: [text(`${gist}.`), block], gist, about: [name] };
}

export function compareDocuments(world: World, which: string): Reply {
  const [a, b] = documentsNamed(world.documents, which, world.last?.about[0]);
  if (a === undefined || b === undefined) {
    if (a === undefined) return notFound(world, which);
    return plainly(`I found only ${a.name} in “${which}”; tell me what to compare it with.`, [a.name]);
  }
  const { likeness, shared, onlyIn, fields } = compare(a, b);
  const percent = Math.round(likeness * 100);
  const blocks: Block[] = [text(`${a.name} and ${b.name} use the same words to ${percent} %.`)];
  if (fields.length > 0) {
    const rows = fields.map((pair) => [pair.label, ...pair.values, describeDifference(pair)]);
    blocks.push({
      kind: "table",
      caption: "What both state",
      columns: ["", a.name, b.name, "difference"],
      rows,
    });
  }
  const words = [
    ["Both", shared],
    [`Only ${a.name}`, onlyIn[0]],
    [`Only ${b.name}`, onlyIn[1]],
  ] as const;
  blocks.push({
    kind: "list",
    items: words.filter(([, of]) => of.length > 0).map(([who, of]) => `${who}: ${of.join(", ")}`),
  });
  const told = fields.filter(({ difference }) => difference !== undefined && difference !== 0).slice(0, 3);
  const details = told.map(({ label, values }) => `${label} ${values[0]} against ${values[1]}`).join(", ");
  const gist = `${a.name} and ${b.name} ${details === "" ? `are alike to ${percent} %` : `differ: ${details}`}`;
  return { blocks, gist, about: [a.name, b.name] };
}

export function linesOf(world: World, from: string, first: number, last: number): Reply {
  const document = documentNamed(world.documents, from, world.last?.about[0]);
  if (document === undefined) return notFound(world, from);
  const lines = document.text.split("\n");
  const end = Math.min(last, lines.length, first + MOST_LINES - 1);
  const quotes = lines
    .slice(first - 1, end)
    .flatMap((line, at) =>
      line.trim() === ""
        ? []
        : [quote({ document: document.name, line: first + at, text: line }, NOTHING_MARKED)],
    );
  if (quotes.length === 0)
    return plainly(`${document.name} has ${count(lines.length, "line")}.`, [document.name]);
  return {
    blocks: [{ kind: "quotes", quotes }],
    gist: quotes.map((one) => one.text).join(" "),
    about: [document.name],
  };
}

export function sizeOf(world: World, from: string): Reply {
  const document = documentNamed(world.documents, from, world.last?.about[0]);
  if (document === undefined) return notFound(world, from);
  const { name, text: all } = document;
  const words = wordsOf(all).length;
  const gist = `${name} has ${count(words, "word")} in ${count(passagesOf(document).length, "passage")} on ${count(all.split("\n").length, "line")}`;
  return plainly(`${gist}.`, [name]);
}
