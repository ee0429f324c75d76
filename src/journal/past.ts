import { isStateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import type { Commit } from "./commit.ts";
import { headOfGeneratedId } from "./correlation-id.ts";
import { correlationKey } from "./keys.ts";
import { mergedPages } from "./page-directory.ts";
import { ATTEMPTS, follow, reading } from "./read.ts";
import type { JournalState } from "./state.ts";
import type { TailPage } from "./tail.ts";
import { entries } from "./tree.ts";

/**
 * All pages after `from`, in order, up to what this opening knows when it gets there. Old pages come through the page
 * directory, new ones from memory. A reader that a checkpoint overtakes goes on from where it was.
 */
export async function* pagesSince(state: JournalState, from: Revision): AsyncGenerator<TailPage> {
  let at = from;
  let missing = 0;
  while (at < state.checkpoint.revision) {
    const { checkpoint } = state;
    try {
      for await (const page of mergedPages(state.store, checkpoint.pages, at)) {
        at = page.page.revision;
        missing = 0;
        yield page;
      }
      if (checkpoint === state.checkpoint || at < checkpoint.revision) break;
    } catch (error) {
      if (!isStateError(error, "stale") || ++missing > ATTEMPTS) throw error;
      await follow(state, error);
    }
  }
  for (const page of state.tail.pages()) {
    if (page.page.revision <= at) continue;
    at = page.page.revision;
    yield page;
  }
}

/** The commits with a correlation id, in order. */
export async function* commitsOf(state: JournalState, id: string): AsyncGenerator<Commit> {
  for await (const { page } of pagesWith(state, id)) {
    for (const commit of page.commits) if (commit.correlation.correlationId === id) yield commit;
  }
}

/** A generated id tells where its first commit is to be looked for; all others, and ids of callers, are in the index. */
async function* pagesWith(state: JournalState, id: string): AsyncGenerator<TailPage> {
  const carries = (page: TailPage) => page.page.commits.some((c) => c.correlation.correlationId === id);
  const { listed, through } = await reading(state, async () => {
    const { checkpoint } = state;
    const revisions: Revision[] = [];
    const from = correlationKey(id, "");
    for await (const { key } of entries(state.store, checkpoint.correlations, from, `${from}~`)) {
      revisions.push(key.slice(from.length) as Revision); // written by correlationKey
    }
    return { listed: revisions, through: checkpoint.revision };
  });
  const known = headOfGeneratedId(id);
  let told = "";
  if (known !== undefined) {
    for await (const page of pagesSince(state, known)) {
      if (!carries(page)) continue;
      told = page.page.revision;
      yield page;
      break;
    }
  }
  for (const revision of listed) {
    if (revision <= told) continue;
    told = revision;
    const page = await pageNamed(state, revision);
    if (page !== undefined) yield page;
  }
  // What the index did not know, whether a checkpoint has taken it in meanwhile or not.
  for await (const page of pagesSince(state, told > through ? (told as Revision) : through)) {
    if (carries(page)) yield page;
  }
}

/** The page that a revision names, found by its place in the journal. */
async function pageNamed(state: JournalState, revision: Revision): Promise<TailPage | undefined> {
  for await (const page of pagesSince(state, justBelow(revision)))
    return page.page.revision === revision ? page : undefined;
  return undefined;
}

/** No revision lies between it and the given one. */
export function justBelow(revision: Revision): Revision {
  return `${revision.slice(0, -1)}${predecessor(revision.at(-1) ?? "")}` as Revision; // only compared, never parsed
}

function predecessor(digit: string): string {
  return digit === "0" ? "" : (Number.parseInt(digit, 32) - 1).toString(32);
}
