import { setTimeout as rest } from "node:timers/promises";
import { beginRun, nextOf, openReader, type Plan, planOf, type Reader, readNext } from "./agent.ts";
import { type RunCommand, UsageError } from "./arguments.ts";
import { documentsIn, installedReadmes } from "./documents.ts";
import { prepareFolder, type StateFolder } from "./folder.ts";
import type { Note } from "./note.ts";
import { printLearned } from "./report.ts";
import { bold, clip, count, dim, green, progress, red, say, width, yellow } from "./terminal.ts";

/** Exit code after Ctrl-C, as shells have it. */
export const STOPPED = 130;

/** One run of the agent: from where the state says it is, to the end or to its death. Returns the exit code. */
export async function runAgent(command: RunCommand): Promise<number> {
  const { docs } = command;
  // First, so that wrong arguments leave nothing behind.
  const given = docs === undefined ? undefined : { source: docs, documents: await documentsIn(docs) };
  const folder = await prepareFolder(command.state, command.fresh);
  const reader = await openReader(folder.store);
  try {
    const plan = planOf(reader) ?? given ?? (await ownPlan(folder));
    if (given !== undefined && plan.source !== docs) {
      throw new UsageError(
        `the agent in ${folder.path} is reading ${plan.source ?? "the installed READMEs"}; give --fresh to start over with other documents`,
      );
    }
    const from = nextOf(reader);
    const total = plan.documents.length;
    if (from === total) {
      say(`All ${count(total, "document")} are read. ${dim("Start over with --fresh.")}`);
    } else {
      const run = await beginRun(reader, plan);
      const start = from === 0 ? "starts with" : "goes on with";
      say(`${bold(run)} ${start} document ${from + 1} of ${total}`);
      const isDone = await readAll(reader, run, plan, command);
      if (!isDone) {
        say(`Stopped after document ${nextOf(reader)}. Start it again, and it goes on with the next.`);
        return STOPPED;
      }
    }
    printLearned(reader);
    return 0;
  } finally {
    await reader.state.close();
  }
}

async function ownPlan({ planted }: StateFolder): Promise<Plan> {
  return { source: undefined, documents: await installedReadmes(planted) };
}

/** False if Ctrl-C ended it, which lets the step at hand finish; a second Ctrl-C does not. */
async function readAll(reader: Reader, run: string, plan: Plan, command: RunCommand): Promise<boolean> {
  const { documents } = plan;
  const bar = progress(documents.length);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once("SIGINT", onInterrupt);
  try {
    for (let done = nextOf(reader), ownSteps = 0; ; ownSteps++) {
      const document = documents[done];
      if (document === undefined) return true;
      if (stop.signal.aborted) return false;
      bar.begin(done, document.name);
      const step = readNext(reader, run, document);
      // The step has begun and is not stored: the worst moment there is.
      if (ownSteps === command.crashAfter) process.kill(process.pid, "SIGKILL");
      const note = await step;
      done += 1;
      bar.finish(done, document.name, remarkOn(document.name, note));
      await Promise.race([rest(command.pace), aborted(stop.signal)]);
    }
  } finally {
    process.off("SIGINT", onInterrupt);
    bar.end(nextOf(reader));
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function remarkOn(document: string, note: Note): string | undefined {
  const name = clip(document, 30);
  switch (note.outcome) {
    case "withheld":
      return `${red("veto")}    ${name}: ${note.reason}, so nothing of it is kept`;
    case "unreadable":
      return `${yellow("missing")} ${clip(`${name}: ${note.reason}`, width - 20)}`;
    case "read":
      if (note.addressesRemoved === undefined) return undefined;
      return `${green("cleaned")} ${name}: ${count(note.addressesRemoved, "e-mail address", "e-mail addresses")} removed`;
  }
}
