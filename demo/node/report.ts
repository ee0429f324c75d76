import { indexOf, noteOf, planOf, type Reader } from "./agent.ts";
import { mostConnected, topTerms } from "./learn.ts";
import type { Note } from "./note.ts";
import { bold, clip, count, dim, say, table } from "./terminal.ts";

/** What the agent knows in the end, all of it out of its state. */
export function printLearned(reader: Reader): void {
  const documents = planOf(reader)?.documents ?? [];
  const notes = documents.map(({ name }) => noteOf(reader, name)).filter((note) => note !== undefined);
  const read = notes.filter((note) => note.outcome === "read");
  const index = indexOf(reader);
  const sum = (of: (note: Extract<Note, { outcome: "read" }>) => number) =>
    read.reduce((total, note) => total + of(note), 0);

  console.log(`\n${bold("What it learned")}`);
  const facts = [
    [
      "notes",
      `${notes.length}, from ${count(
        sum((note) => note.words),
        "word",
      )} read`,
    ],
    ["index", `${count(index.length, "word")} in ${count(read.length, "document")}`],
    ["secrets vetoed", String(notes.filter((note) => note.outcome === "withheld").length)],
    ["addresses removed", String(sum((note) => note.addressesRemoved ?? 0))],
  ];
  for (const [name = "", value] of facts) console.log(`  ${dim(name.padEnd(18))} ${value}`);
  const terms = topTerms(index, 10).map(({ word, documents: n }) => `${word} (${n})`);
  if (terms.length > 0) {
    console.log(`\n${bold("What the documents are about")} ${dim("(word, and how many documents use it)")}`);
    say(`  ${terms.join(", ")}`);
  }
  const connected = mostConnected(index, 5);
  if (connected.length > 0) {
    console.log(`\n${bold("Most connected documents")}`);
    const rows = connected.map(({ document, degree, closest, shared }) => [
      clip(document, 24),
      count(degree, "other"),
      clip(closest, 24),
      shared.join(", "),
    ]);
    table(["document", "is like", "most like", "both speak of"], rows);
  }
}
