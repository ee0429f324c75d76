import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NOTE, noteOf, nextOf, openReader, planOf, type Reader, runsOf } from "./agent.ts";
import { prepareFolder } from "./folder.ts";
import { NO_EMAILS } from "./guards.ts";
import { prove } from "./report.ts";
import { bold, count, cyan, dim, green, heading, red, say } from "./terminal.ts";
import { printTimeline } from "./timeline.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const CRASH_AFTER = 20;
const SHOWN_COMMITS = 4;

/** The whole demo, told for someone who reads no code. Returns the exit code. */
export async function tellStory(state: string): Promise<number> {
  const folder = await prepareFolder(state, true);
  const isDefault = "npm run demo --";
  heading("1. An agent reads documents");
  say("It reads the READMEs of the packages installed here, one after the other. For each it keeps a note, an index of words and its place in the plan, all three in one commit.");
  const killed = await start(["--state", state, "--crash-after", String(CRASH_AFTER)]);
  if (killed.signal !== "SIGKILL") return ended(killed);

  heading("2. It is killed");
  say(`${red("SIGKILL")}, in the middle of a document: no warning, no chance to save. What is left is on disk:`);
  const done = await look(folder.store, (reader) => {
    const done = nextOf(reader);
    const total = planOf(reader)?.documents.length ?? 0;
    console.log(`  ${count(done, "document")} of ${total} done, ${count(notesIn(reader), "note")}, ${count(reader.index.size, "word")} in the index`);
    return done;
  });

  heading("3. It is started again");
  const finished = await start(["--state", state]);
  if (finished.code !== 0) return ended(finished);
  return look(folder.store, async (reader) => {
    console.log();
    const isProven = await tellProof(reader, done);
    heading("4. What the hooks did");
    await tellHooks(reader);
    heading("5. What happened, from the journal");
    const [first] = runsOf(reader);
    await printTimeline(reader, first, SHOWN_COMMITS);
    heading("Try next");
    say(`The state lies in ${state}`);
    for (const [args, what] of NEXT) console.log(`  ${cyan(`${isDefault} ${args}`.padEnd(36))} ${dim(what)}`);
    return isProven ? 0 : 1;
  });
}

const NEXT = [
  ["--timeline run-2", "the whole timeline of a run"],
  ["--fresh --pace 300", "run it slowly, press Ctrl-C"],
  ["--pace 300", "and go on where it was"],
  ["--docs DIR --state DIR2", "read your own documents"],
  ["--help", "all options"],
] as const;

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The agent as a process of its own, so that killing it is real. */
function start(args: readonly string[]): Promise<End> {
  // Ctrl-C reaches the agent too, which ends in order; the story waits for that.
  const ignore = () => {};
  process.on("SIGINT", ignore);
  const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], { stdio: "inherit" });
  return new Promise<End>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => process.off("SIGINT", ignore));
}

function ended({ code, signal }: End): number {
  say(`The story ends here: the agent ended with ${signal ?? `exit code ${code}`}.`);
  return code || 1;
}

async function look<T>(store: string, use: (reader: Reader) => T | Promise<T>): Promise<T> {
  const reader = await openReader(store, true);
  try {
    return await use(reader);
  } finally {
    await reader.state.close();
  }
}

function notesIn({ mind }: Reader): number {
  return mind.keys().filter((key) => key.startsWith(NOTE)).length;
}

async function tellProof(reader: Reader, doneBefore: number): Promise<boolean> {
  const { runs, planned, repeated, lost } = await prove(reader);
  const total = runs.reduce((sum, { documents }) => sum + documents, 0);
  const isProven = repeated.length === 0 && lost.length === 0 && total === planned && runs[0]?.documents === doneBefore;
  console.log(bold("Nothing repeated, nothing lost? The journal counts:"));
  const parts = runs.map(({ run, documents }) => `${run}: ${documents}`).join(" + ");
  console.log(`  ${parts} = ${total} of ${count(planned, "document")}; twice: ${repeated.length}, missing: ${lost.length}`);
  console.log(isProven ? green("  ✔ each document exactly once") : red("  ✘ that is not each document once"));
  return isProven;
}

async function tellHooks(reader: Reader): Promise<void> {
  say("Two hooks looked at every note before it was stored. Their decisions are part of the journal.");
  for (const run of runsOf(reader)) {
    const { events } = await reader.state.timeline(run);
    for (const event of events) {
      const name = "key" in event ? event.key.slice(NOTE.length) : "";
      if (event.kind === "veto") {
        console.log(`\n${red("Vetoed")} in ${run}: ${name} ${event.reason}`);
        say(dim(`  What the journal keeps of it: ${JSON.stringify(event.value ?? {})}`));
      }
      const hid = event.runs.some(({ hookId, result, context }) => hookId === NO_EMAILS && result?.kind === "modify" && "key" in event && context.key === event.key);
      const note = event.kind === "change" && hid ? noteOf(reader, name) : undefined;
      if (note?.outcome !== "read") continue;
      console.log(`\n${green("Changed")} in ${run}: ${name}, ${count(note.addressesRemoved ?? 0, "address", "addresses")} removed before it was stored`);
      const line = note.text.split("\n").find((text) => text.includes("[address removed]"));
      console.log(dim(`  as stored: ${line?.trim().slice(0, 66) ?? ""}`));
    }
  }
}
