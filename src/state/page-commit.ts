import { lazy } from "../ground/lazy.ts";
import type { Revision } from "../ground/revision.ts";
import { append, type BuildCommits } from "../journal/append.ts";
import { createJournal } from "../journal/journal.ts";
import type { JournalState } from "../journal/state.ts";
import type { TailPage } from "../journal/tail.ts";
import { changeOf, commitOf, type Draft } from "./draft.ts";

const transaction = lazy("large commits", () => import("../journal/transaction.ts"));

/** One page holds at most about so much; what waits longer goes into the next. */
const PAGE_CHANGES = 20_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** How many of the drafts go into the next page: at least one. */
export function groupLength(queue: readonly Draft[]): number {
  let size = 0;
  let changes = 0;
  let n = 0;
  for (const draft of queue) {
    if (n > 0 && (size + draft.size > PAGE_BYTES || changes + draft.changes.length > PAGE_CHANGES)) break;
    size += draft.size;
    changes += draft.changes.length;
    n++;
  }
  return n;
}

/** Commits the drafts as one page. Undefined where another writer moved the head first. Call it in a turn. */
export async function commitPage(
  journal: JournalState,
  schemaVersion: number,
  group: readonly Draft[],
): Promise<TailPage | undefined> {
  if (journal.readOnly !== undefined) throw journal.readOnly;
  if (journal.head === undefined && !(await createJournal(journal, schemaVersion))) return undefined;
  const [only] = group;
  if (group.length === 1 && only !== undefined && isTransaction(only)) return commitStaged(journal, only);
  const appended = await append(
    journal,
    group.length,
    (revisions) => group.map((draft, i) => commitOf(draft, revisions[i] as Revision)), // one for each draft
  );
  return appended.outcome === "committed" ? appended.page : undefined;
}

/** A commit too large for one page: its changes go ahead as staged pages, and take effect by a marker. */
async function commitStaged(journal: JournalState, draft: Draft): Promise<TailPage | undefined> {
  const { stage } = await transaction.load();
  const { staged, changes } = await stage(journal, draft.changes.map(changeOf));
  const build: BuildCommits = ([revision]) => [{ ...commitOf(draft, revision as Revision), changes: [] }];
  const appended = await append(journal, 1, build, staged);
  if (appended.outcome === "conflict") return undefined;
  const { page } = appended.page;
  return { ...appended.page, page: { ...page, commits: page.commits.map((c) => ({ ...c, changes })) } };
}

function isTransaction(draft: Draft): boolean {
  return draft.size > PAGE_BYTES || draft.changes.length > PAGE_CHANGES;
}
