import { agent, custom, type Handle, isStateError, StateManager } from "keepstate";
import { filesystem } from "keepstate/adapters/filesystem";
import type { Document } from "./documents.ts";
import { installGuards } from "./guards.ts";
import { type Note, noteFor } from "./note.ts";
import type { WordCounts } from "./words.ts";

/** Plan, cursor, runs and notes. */
export const READER = agent("reader");
/** Word → document → how often. */
export const INDEX = custom("index");
export const NOTE = "note:";

export interface Plan {
  /** The folder given by `--docs`; undefined: the installed READMEs. */
  readonly source: string | undefined;
  readonly documents: readonly Document[];
}

export interface Reader {
  readonly state: StateManager;
  readonly mind: Handle;
  readonly index: Handle;
}

/** Opens the agent's state, with its guards on duty. */
export async function openReader(store: string, readOnly = false): Promise<Reader> {
  const state = await StateManager.open({ storage: filesystem({ path: store }), require: { readOnly } });
  installGuards(state.hooks);
  return { state, mind: await state.scope(READER), index: await state.scope(INDEX) };
}

/**
 * To look at what there is: everything, if no agent runs; else what the running one has proven to be on disk. A read-only
 * opening alone would leave out the last commit of an agent that was killed, until the next one settles it.
 */
export async function openToLook(store: string): Promise<Reader> {
  try {
    return await openReader(store);
  } catch (error) {
    if (!isStateError(error, "locked")) throw error;
    return openReader(store, true);
  }
}

// What is stored under these keys was put there by this file.
export const planOf = ({ mind }: Reader) => mind.get("plan") as Plan | undefined;
export const nextOf = ({ mind }: Reader) => (mind.get("cursor") as number | undefined) ?? 0;
export const runsOf = ({ mind }: Reader) => (mind.get("runs") as readonly string[] | undefined) ?? [];
export const noteOf = ({ mind }: Reader, name: string) => mind.get(NOTE + name) as Note | undefined;
export const notesIn = ({ mind }: Reader) => mind.keys().filter((key) => key.startsWith(NOTE));
export const indexOf = ({ index }: Reader) =>
  index.entries().map(([word, of]) => [word, of as Record<string, number>] as const);

/** Begins a run: one commit that names it and, the first time, holds the plan. Returns its correlation id. */
export async function beginRun(reader: Reader, plan: Plan): Promise<string> {
  const runs = runsOf(reader);
  const run = `run-${runs.length + 1}`;
  await reader.state.batch(
    (tx) => {
      tx.set(READER, "runs", [...runs, run]);
      if (planOf(reader) === undefined) tx.set(READER, "plan", plan);
    },
    { correlationId: run, actor: "reader" },
  );
  return run;
}

/** One step: a document, read, and remembered in one commit (note, index and cursor), or not at all. */
export async function readNext(reader: Reader, run: string, document: Document): Promise<Note> {
  const { state } = reader;
  const next = nextOf(reader) + 1;
  const options = { correlationId: run, actor: "reader" };
  const remember = (note: Note, counts: WordCounts) =>
    state.batch((tx) => {
      tx.set(READER, NOTE + document.name, note);
      for (const [word, count] of counts) {
        const known = reader.index.get(word) as Record<string, number> | undefined;
        tx.set(INDEX, word, { ...known, [document.name]: count });
      }
      tx.set(READER, "cursor", next);
    }, options);

  const { note, counts } = await noteFor(document);
  const result = await remember(note, counts);
  // One veto stops the whole commit. That the document is done, and why nothing of it is kept, is a commit of its own.
  if (result.status === "cancelled") {
    await remember({ outcome: "withheld", by: result.by, reason: result.reason }, []);
  }
  return noteOf(reader, document.name) ?? note;
}
