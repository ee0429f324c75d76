import type { HookRun, TimelineEntry } from "keepstate";

/** One commit of a run, as the page shows it. */
export interface CommitView {
  readonly revision: string;
  /** Wall time in milliseconds. */
  readonly time: number;
  readonly actor: string;
  readonly changes: readonly ChangeView[];
}

export interface ChangeView {
  readonly scope: string;
  readonly key: string;
  readonly what: "set" | "delete" | "expire" | "veto";
  /** Of a veto: why. */
  readonly reason: string | undefined;
  readonly value: unknown;
  readonly decisions: readonly Decision[];
}

interface Decision {
  readonly hook: string;
  /** `proceed`, `modify`, `cancel`, … or `failed`. */
  readonly result: string;
}

/** A timeline's entries by commit, in journal order. */
export function commitsOf(events: readonly TimelineEntry[]): CommitView[] {
  const commits = new Map<string, CommitView & { readonly changes: ChangeView[] }>();
  for (const entry of events) {
    const { revision, time, actor = "" } = entry;
    const commit = commits.get(revision) ?? { revision, time, actor, changes: [] };
    commits.set(revision, commit);
    if (entry.kind !== "runs") commit.changes.push(changeOf(entry));
  }
  return [...commits.values()];
}

function changeOf(entry: Exclude<TimelineEntry, { kind: "runs" }>): ChangeView {
  const { scope, key, runs } = entry;
  const own = runs.filter(({ context }) => context.scope === scope && context.key === key).map(decisionOf);
  if (entry.kind === "veto")
    return { scope, key, what: "veto", reason: entry.reason, value: undefined, decisions: own };
  return { scope, key, what: entry.operation, reason: undefined, value: entry.newValue, decisions: own };
}

function decisionOf({ hookId, result }: HookRun): Decision {
  return { hook: hookId, result: result?.kind ?? "failed" };
}
