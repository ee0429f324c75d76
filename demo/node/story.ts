import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { nextOf, notesIn, openToLook, planOf, type Reader, runsOf } from "./agent.ts";
import { prepareFolder } from "./folder.ts";
import { tellHooks, tellProof } from "./proof.ts";
import { STOPPED } from "./run.ts";
import { count, cyan, dim, heading, red, say } from "./terminal.ts";
import { printTimeline } from "./timeline.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const CRASH_AFTER = 20;
const SHOWN_COMMITS = 4;

/** The whole demo, told for someone who reads no code. Returns the exit code. */
export async function tellStory(state: string): Promise<number> {
  const folder = await prepareFolder(state, true);
  heading("1. An agent reads documents");
  say(
    "It reads the READMEs of the packages installed here, one after the other. For each it keeps a note, an index of words and its place in the plan, all three in one commit.",
  );
  const killed = await start(["--state", state, "--crash-after", String(CRASH_AFTER)]);
  if (killed.signal !== "SIGKILL") return ended(killed);

  heading("2. It is killed");
  say(
    `${red("SIGKILL")}, in the middle of a document: no warning, no chance to save. What is left is on disk:`,
  );
  const done = await look(folder.store, (reader) => {
    const done = nextOf(reader);
    const total = planOf(reader)?.documents.length ?? 0;
    console.log(
      `  ${count(done, "document")} of ${total} done, ${count(notesIn(reader).length, "note")}, ${count(reader.index.size, "word")} in the index`,
    );
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
    for (const [args, what] of NEXT)
      console.log(`  ${cyan(`npm run demo -- ${args}`.padEnd(42))} ${dim(what)}`);
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
  const why = code === STOPPED ? "you stopped it" : `the agent ended with ${signal ?? `exit code ${code}`}`;
  say(`The story ends here: ${why}. "npm run demo" tells it from the start.`);
  return code || 1;
}

async function look<T>(store: string, use: (reader: Reader) => T | Promise<T>): Promise<T> {
  const reader = await openToLook(store);
  try {
    return await use(reader);
  } finally {
    await reader.state.close();
  }
}
