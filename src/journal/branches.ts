import { isStateError, StateError } from "../ground/error.ts";
import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { Store } from "../store/store.ts";
import type { Page } from "./commit.ts";
import { pagesAfter } from "./keys.ts";
import { decodePage } from "./page.ts";

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
export async function findBranches(store: Store, from: Revision, head: Revision): Promise<Branches> {
  const { links, unreadable } = await readLinks(store, from);
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
  // The head may be newer than the list of pages; then what it names counts and the chain tells whether it is there.
  const last = [...connected.keys(), head].reduce((a, b) => (a > b ? a : b), from);
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
