import { isStateError, StateError } from "../ground/error.ts";
import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { Store } from "../store/store.ts";
import type { Page } from "./commit.ts";
import type { Head } from "./head.ts";
import { pagesAfter } from "./keys.ts";
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
  /** The last pages of other branches. */
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
  const parents = new Set([...connected.values()].map(parentOf));
  const forked = [...connected.keys()].filter((page) => !isFollowed.has(page) && !parents.has(page));
  return {
    last,
    previous: followed[0]?.previous ?? REVISION_ZERO,
    ahead: commits(followed) - commits(chain(head)),
    forked: [...stray, ...forked],
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
export async function rollForward(state: JournalState, head: Head, from: Revision): Promise<Head> {
  const { last, previous, ahead, forked } = await findBranches(state.store, from, head);
  state.forked = forked;
  if (forked.length > 0)
    state.ports.logger.warn(
      "two programs wrote to a store that cannot keep them apart; the journal is forked",
      {
        followed: last,
        forked,
      },
    );
  return last === head.page ? head : { ...head, page: last, previous, commits: head.commits + ahead };
}
