import { isStateError, StateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import type { Key, Store } from "../store/store.ts";
import type { Change, Page } from "./commit.ts";
import { pageKey, pageRange, stagedKey } from "./keys.ts";
import { decodePage } from "./page.ts";
import { missingRecord, readRecords } from "./reader.ts";
import type { Quarantined } from "./state.ts";
import type { TailPage } from "./tail.ts";

/** The pages of a stretch of the chain in order, and those among them that cannot be read. */
export interface Chain {
  readonly pages: readonly TailPage[];
  readonly quarantined: readonly Quarantined[];
}

/**
 * The pages after `from` up to and with `to`, which must be on the chain. Rejects with `stale` where a page is missing:
 * either the pointers have moved since they were read, or (the caller finds out) the page is lost.
 * A page that cannot be read is passed if its successor tells which scopes it changed; else the error is thrown.
 */
export async function readChain(store: Store, from: Revision, to: Revision): Promise<Chain> {
  if (from === to) return { pages: [], quarantined: [] };
  const found = await scanPages(store, from, to);
  const pages: TailPage[] = [];
  const quarantined: Quarantined[] = [];
  let at = to;
  let successor: Page | undefined;
  while (at > from) {
    const key = pageKey(at);
    try {
      const bytes = found.get(key) ?? (await readRecords(store, [key]))[0];
      if (bytes === undefined) throw missingRecord(key);
      const page: Page = await withStaged(store, decodePage(key, bytes));
      pages.push({ key, bytes, page });
      successor = page;
      at = page.previous;
    } catch (error) {
      if (!isStateError(error, "corrupt") || successor === undefined) throw error;
      quarantined.push({ error, scopes: successor.previousScopes });
      at = successor.beforePrevious;
      successor = undefined;
    }
  }
  if (at !== from)
    throw new StateError("stale", `the journal's chain passes ${from} without meeting it`, {
      revision: from,
    });
  return { pages: pages.reverse(), quarantined };
}

/** All pages of the range, strays included. A store that cannot read one of them is asked for each singly later. */
async function scanPages(store: Store, from: Revision, to: Revision): Promise<Map<Key, Uint8Array>> {
  const found = new Map<Key, Uint8Array>();
  try {
    for await (const chunk of store.scan(pageRange(from, to)))
      for (const { key, value } of chunk) found.set(key, value);
  } catch (error) {
    if (!isStateError(error, "corrupt")) throw error;
  }
  return found;
}

/** A marker's page with the changes of the staged pages it names, which happened at the marker's place. */
export async function withStaged(store: Store, page: Page): Promise<Page> {
  if (page.staged === undefined) return page;
  const { transaction, pages } = page.staged;
  const keys = Array.from({ length: pages }, (_, n) => stagedKey(transaction, n));
  const changes: Change[] = [];
  for (let i = 0; i < keys.length; i += 8) {
    const some = keys.slice(i, i + 8);
    const found = await readRecords(store, some);
    for (const [n, key] of some.entries()) {
      const bytes = found[n];
      if (bytes === undefined) throw missingRecord(key);
      for (const commit of decodePage(key, bytes).commits)
        for (const change of commit.changes) changes.push(change);
    }
  }
  return { ...page, commits: page.commits.map((commit) => ({ ...commit, changes })) };
}
