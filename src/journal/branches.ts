import { isStateError, StateError } from "../ground/error.ts";
import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { Store } from "../store/store.ts";
import type { Page } from "./commit.ts";
import { noteForks, pagesOffChain } from "./forks.ts";
import { readGarbage } from "./garbage-list.ts";
import type { Checkpoint, Head } from "./head.ts";
import { pageKey, pagesAfter } from "./keys.ts";
import { decodePage } from "./page.ts";
import type { JournalState } from "./state.ts";

/** What the pages that an eventual store shows after a checkpoint come to. */
export interface Branches {
  /** The last page of the branch that counts. */
  readonly last: Revision;
  /** The page before it, or REVISION_ZERO. */
  readonly previous: Revision;
  /** How many commits that branch has more than the one that ends with the head's page; less than 0 for fewer. */
  readonly ahead: number;
  /** The pages of other branches. */
  readonly forked: readonly Revision[];
}

type Link = Pick<Page, "revision" | "previous" | "beforePrevious"> & { readonly commits: number };

/**
 * Where reads may be old, a page counts as soon as it was put, whether the head shows it or not. Two children of one
 * page are a fork: the branch with the highest last revision is followed, the others are only told of.
 * Rejects with `stale` where a page is there and what it follows is not yet.
 */
export async function findBranches(
  store: Store,
  from: Revision,
  { page: head, previous }: Head,
): Promise<Branches> {
  const { links, unreadable } = await readLinks(store, from);
  // The head may be newer than the list of pages, or name one that cannot be read.
  if (head > from && !links.some((link) => link.revision === head)) {
    links.push({ revision: head, previous, beforePrevious: REVISION_ZERO, commits: 0 });
    links.sort((a, b) => (a.revision < b.revision ? -1 : 1));
  }
  const parentOf = ({ previous, beforePrevious }: Link) =>
    unreadable.has(previous) ? beforePrevious : previous;
  const connected = new Map<Revision, Link>();
  const stray: Revision[] = [];
  // A page is later than what it follows, so one look at each in order is enough.
  for (const link of links) {
    const parent = parentOf(link);
    if (parent === from || connected.has(parent)) connected.set(link.revision, link);
    else if (parent < from || stray.includes(parent)) stray.push(link.revision);
    else throw new StateError("stale", `page ${parent} is not visible yet; try again`, { revision: parent });
  }
  const chain = (last: Revision): Link[] => {
    const pages: Link[] = [];
    for (let link = connected.get(last); link !== undefined; link = connected.get(parentOf(link)))
      pages.push(link);
    return pages;
  };
  const commits = (pages: readonly Link[]) => pages.reduce((sum, link) => sum + link.commits, 0);
  const last = [...connected.keys()].at(-1) ?? from; // they are in order
  const followed = chain(last);
  const isFollowed = new Set(followed.map((link) => link.revision));
  const forked = [...connected.keys()].filter((page) => !isFollowed.has(page));
  return {
    last,
    previous: followed[0]?.previous ?? REVISION_ZERO,
    ahead: commits(followed) - commits(chain(head)),
    forked: [...stray, ...forked].sort(),
  };
}

async function readLinks(
  store: Store,
  from: Revision,
): Promise<{ links: Link[]; unreadable: ReadonlySet<Revision> }> {
  const links: Link[] = [];
  const unreadable = new Set<Revision>();
  for await (const chunk of store.scan(pagesAfter(from))) {
    for (const { key, value } of chunk) {
      try {
        const { revision, previous, beforePrevious, commits } = decodePage(key, value);
        links.push({ revision, previous, beforePrevious, commits: commits.length });
      } catch (error) {
        if (!isStateError(error, "corrupt")) throw error;
        unreadable.add(key.slice(2) as Revision); // a page's name is its revision
      }
    }
  }
  return { links, unreadable };
}

/** The head as it ought to be; the first commit moves it. */
export async function rollForward(state: JournalState, head: Head, checkpoint: Checkpoint): Promise<Head> {
  const from = checkpoint.revision;
  const { last, previous, ahead, forked } = await findBranches(state.store, from, head);
  const passed = await passedBy(state, checkpoint);
  noteForks(state, [...new Set([...(checkpoint.forked ?? []), ...passed, ...forked])].sort(), last);
  return last === head.page ? head : { ...head, page: last, previous, commits: head.commits + ahead };
}

/** Pages off the chain that the last checkpoint did not see when it passed them. */
async function passedBy(state: JournalState, checkpoint: Checkpoint): Promise<Revision[]> {
  try {
    const superseded = new Set(await readGarbage(state, checkpoint));
    const isMerged = (page: Revision) => superseded.has(pageKey(page));
    return await pagesOffChain(state.store, checkpoint, checkpoint.revision, isMerged);
  } catch (error) {
    if (!isStateError(error, "stale") && !isStateError(error, "corrupt")) throw error;
    // Nothing else depends on it, and the next open and the next checkpoint look again.
    state.ports.logger.warn("whether older commits were passed by could not be found out yet", { error });
    return [];
  }
}
