import { formatScope, type HookRun, type TimelineEntry } from "keepstate";
import { INDEX, NOTE, type Reader, runsOf } from "./agent.ts";
import { UsageError } from "./arguments.ts";
import type { Note } from "./note.ts";
import { clip, count, dim, table, width } from "./terminal.ts";

const HEADINGS = ["time", "scope", "key", "change", "decided by"];
/** What the other columns leave; at 80 columns nothing is cut. */
const KEY_WIDTH = Math.min(width - 60, 44);
type Row = readonly string[];

/** A commit's rows: one for each key, and one for all words of the index together. */
interface Commit {
  readonly rows: readonly Row[];
  readonly isNotable: boolean;
}

/** Prints a run's timeline; `most` commits of it, and those that hooks changed or vetoed. */
export async function printTimeline(
  reader: Reader,
  wanted?: string,
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  const runs = runsOf(reader);
  const run = wanted ?? runs.at(-1);
  if (run === undefined || !runs.includes(run)) {
    throw new UsageError(
      run === undefined ? "no run has begun yet" : `there is no ${run} here; there is ${runs.join(", ")}`,
    );
  }
  const { events } = await reader.state.timeline(run);
  const commits = byRevision(events).map(commitOf);
  const shown = commits.filter(({ isNotable }, at) => at < most || isNotable);
  console.log(dim(`${run}: ${count(commits.length, "commit")}, the oldest first`));
  table(
    HEADINGS,
    shown.flatMap(({ rows }) => rows),
  );
  const hidden = commits.length - shown.length;
  if (hidden > 0) console.log(dim(`… and ${count(hidden, "commit")} like the others`));
}

/** The entries of one commit stand side by side. */
function byRevision(events: readonly TimelineEntry[]): TimelineEntry[][] {
  const groups = new Map<string, TimelineEntry[]>();
  for (const event of events) groups.set(event.revision, [...(groups.get(event.revision) ?? []), event]);
  return [...groups.values()];
}

function commitOf(entries: readonly TimelineEntry[]): Commit {
  const words = entries.filter(isOfIndex);
  const rows = entries.filter((entry) => !isOfIndex(entry)).map(rowOf);
  const [first] = words;
  if (first !== undefined) {
    const added = words.filter((entry) => entry.previousRevision === undefined).length;
    rows.push([timeOf(first), first.scope, clip(count(words.length, "word"), KEY_WIDTH), `${added} new`, ""]);
  }
  return { rows, isNotable: rows.some((row) => /VETO|modify|withheld/.test(row.join(" "))) };
}

function isOfIndex(entry: TimelineEntry): entry is Extract<TimelineEntry, { kind: "change" }> {
  return entry.kind === "change" && entry.scope === formatScope(INDEX);
}

function rowOf(entry: TimelineEntry): Row {
  if (entry.kind === "runs") return [timeOf(entry), "", "", "", decided(entry.runs)];
  const own = entry.runs.filter(({ context }) => context.scope === entry.scope && context.key === entry.key);
  const place = [timeOf(entry), entry.scope, clip(entry.key, KEY_WIDTH)];
  if (entry.kind === "veto") return [...place, "not stored", `${entry.by}: VETO`];
  return [...place, changeOf(entry.key, entry.newValue), decided(own)];
}

function changeOf(key: string, value: unknown): string {
  if (key === "cursor") return `= ${String(value)}`;
  if (!key.startsWith(NOTE)) return "set";
  const note = value as Note; // the agent writes nothing else under such keys
  return note.outcome === "read" ? count(note.words, "word") : note.outcome;
}

function decided(runs: readonly HookRun[]): string {
  const verdicts = runs.filter(({ result }) => result?.kind !== "proceed");
  if (verdicts.length === 0) return runs.length === 0 ? "" : `${runs.length} agreed`;
  return verdicts.map(({ hookId, result }) => `${hookId}: ${result?.kind ?? "failed"}`).join(", ");
}

function timeOf({ time }: { readonly time: number }): string {
  const at = new Date(time);
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, "0"));
  return `${clock.join(":")}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}
