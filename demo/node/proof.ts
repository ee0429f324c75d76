import { formatScope, type HookRun, type TimelineEntry } from "keepstate";
import { NOTE, noteOf, planOf, READER, type Reader, runsOf } from "./agent.ts";
import { ADDRESS_REMOVED, NO_EMAILS, NO_SECRETS } from "./guards.ts";
import { bold, clip, count, dim, green, red, say, width } from "./terminal.ts";

/** A change or veto of a note. */
type OfNote = Exclude<TimelineEntry, { kind: "runs" }>;

/** The journal's entries about notes, in their order, with the run they belong to. */
async function entriesOfNotes(reader: Reader): Promise<{ run: string; name: string; entry: OfNote }[]> {
  const timelines = runsOf(reader).map(async (run) => ({ run, ...(await reader.state.timeline(run)) }));
  return (await Promise.all(timelines)).flatMap(({ run, events }) =>
    events
      .filter((entry) => entry.kind !== "runs")
      .filter(({ scope, key }) => scope === formatScope(READER) && key.startsWith(NOTE))
      .map((entry) => ({ run, name: entry.key.slice(NOTE.length), entry })),
  );
}

/** Counts in the journal, not in the state, how often each document was remembered. True if that is once. */
export async function tellProof(reader: Reader, doneBefore: number): Promise<boolean> {
  const remembered = (await entriesOfNotes(reader)).filter(({ entry }) => entry.kind === "change");
  const names = remembered.map(({ name }) => name);
  const planned = (planOf(reader)?.documents ?? []).map(({ name }) => name);
  const twice = names.length - new Set(names).size;
  const missing = planned.filter((name) => !names.includes(name)).length;
  const runs = runsOf(reader).map((run) => ({
    run,
    own: remembered.filter((one) => one.run === run).length,
  }));

  console.log(bold("Nothing repeated, nothing lost? The journal counts:"));
  const sum = runs.map(({ run, own }) => `${run}: ${own}`).join(" + ");
  console.log(`  ${sum} = ${names.length} of ${count(planned.length, "document")}`);
  console.log(`  remembered twice: ${twice}, missing: ${missing}`);
  const isProven = twice === 0 && missing === 0 && runs[0]?.own === doneBefore;
  console.log(isProven ? green("  ✔ each document exactly once") : red("  ✘ not each document exactly once"));
  return isProven;
}

/** Tells of each veto and each redaction, as the journal has them. */
export async function tellHooks(reader: Reader): Promise<void> {
  say("Two hooks see every note before it is stored. What they decide is in the journal, too.");
  for (const { run, name, entry } of await entriesOfNotes(reader)) {
    if (entry.kind === "veto") {
      const seen = runOf(entry, NO_SECRETS)?.context.value;
      const trace = seen !== undefined && "bytes" in seen ? `${seen.bytes} bytes, digest ${seen.digest}` : "";
      console.log(`\n${red("Vetoed")} in ${run}: ${clip(name, 24)}, by ${entry.by}: ${entry.reason}`);
      console.log(dim(`  all that is recorded of it: ${trace}`));
    } else if (runOf(entry, NO_EMAILS)?.result?.kind === "modify") {
      const note = noteOf(reader, name);
      if (note?.outcome !== "read") continue;
      const removed = count(note.addressesRemoved ?? 0, "address", "addresses");
      console.log(`\n${green("Cleaned")} in ${run}: ${clip(name, 24)}, by ${NO_EMAILS}: ${removed} removed`);
      console.log(dim(`  as it was stored: ${around(note.text)}`));
    }
  }
}

function runOf({ runs, key }: OfNote, hookId: string): HookRun | undefined {
  return runs.find((run) => run.hookId === hookId && run.context.key === key);
}

/** The place where the first address was, as much as fits one line. */
function around(text: string): string {
  const at = text.indexOf(ADDRESS_REMOVED);
  const before =
    text
      .slice(Math.max(0, at - 30), at)
      .split("\n")
      .at(-1) ?? "";
  const [after = ""] = text.slice(at).split("\n");
  return clip(before.trimStart() + after, width - 22);
}
