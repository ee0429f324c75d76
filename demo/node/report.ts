import { indexOf, NOTE, type Note, noteOf, planOf, READER, type Reader, runsOf } from "./agent.ts";
import { mostConnected, topTerms } from "./learn.ts";
import { bold, clip, count, dim, say } from "./terminal.ts";
import { formatScope } from "keepstate";

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
    ["notes", `${notes.length}, from ${count(sum((note) => note.words), "word")} read`],
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
    console.log(`\n${bold("Most connected")} ${dim("(documents about similar things)")}`);
    for (const { document, degree, closest, shared } of connected) {
      const ties = dim(clip(`${closest}: ${shared.join(", ")}`, 42));
      console.log(`  ${clip(document, 24).padEnd(24)} ${String(degree).padStart(2)}  ${ties}`);
    }
  }
}

export interface Proof {
  /** Documents remembered in each run, by the journal. */
  readonly runs: readonly { readonly run: string; readonly documents: number }[];
  readonly planned: number;
  readonly repeated: readonly string[];
  readonly lost: readonly string[];
}

/** Counts in the journal, not in the state, how often each document was remembered. */
export async function prove(reader: Reader): Promise<Proof> {
  const times = new Map<string, number>();
  const runs: { run: string; documents: number }[] = [];
  for (const run of runsOf(reader)) {
    const { events } = await reader.state.timeline(run);
    const names = events
      .filter((event) => event.kind === "change")
      .filter(({ scope, key }) => scope === formatScope(READER) && key.startsWith(NOTE))
      .map(({ key }) => key.slice(NOTE.length));
    for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
    runs.push({ run, documents: names.length });
  }
  const planned = (planOf(reader)?.documents ?? []).map(({ name }) => name);
  return {
    runs,
    planned: planned.length,
    repeated: [...times].filter(([, n]) => n > 1).map(([name]) => name),
    lost: planned.filter((name) => !times.has(name)),
  };
}
