import { isStateError } from "../ground/error.ts";
import { REVISION_ZERO, type Revision, revisionTime } from "../ground/revision.ts";
import type { Key, Store } from "../store/store.ts";
import type { Checkpoint } from "./head.ts";
import { mintOf, namedKey, pageKey, pageRange } from "./keys.ts";
import type { MergedMeta } from "./page-directory.ts";
import { readRecords } from "./reader.ts";
import { decodeRecord } from "./record.ts";
import type { JournalState } from "./state.ts";
import { entries, type TreeRoot } from "./tree.ts";

/**
 * A program that was shown an old head commits beside the commits that it was not shown. Their pages stay in the store:
 * on an eventual store no page is deleted that was not merged. So a page that is neither on the chain nor merged is what
 * somebody may have been told is committed.
 *
 * A checkpoint passes such a page before all can see it. Therefore each look begins below the last checkpoint, by so many
 * times the staleness: room for clocks that disagree and for reads that are older than declared.
 */
const MARGIN = 10;

/**
 * The pages from a margin below the checkpoint up to and with `through` that are not on its chain. `isOnChain` answers for
 * what is cheaper to know than to look up. Rejects with `stale` where a record that would tell is not visible yet.
 */
export async function pagesOffChain(
  store: Store,
  checkpoint: Checkpoint,
  through: Revision,
  isOnChain: (page: Revision) => boolean,
): Promise<Revision[]> {
  const from = below(checkpoint.revision, MARGIN * store.capabilities.stalenessMs);
  const floor = from > checkpoint.floor ? from : checkpoint.floor;
  const unknown: Revision[] = [];
  for await (const chunk of store.scan(pageRange(floor, through), { keysOnly: true })) {
    for (const page of chunk.map(({ key }) => mintOf(key))) if (!isOnChain(page)) unknown.push(page);
  }
  return unlisted(store, checkpoint.pages, unknown);
}

/** Those of `pages`, which are in order, that the directory does not lead to. */
async function unlisted(store: Store, root: TreeRoot, pages: readonly Revision[]): Promise<Revision[]> {
  const [first] = pages;
  if (first === undefined) return [];
  const off: Revision[] = [];
  let at = 0;
  for await (const { key, value } of entries(store, root, first)) {
    // The first entry that is not before a page leads to it, or none does: it is named by the last page of its record.
    const some: Revision[] = [];
    for (let page = pages[at]; page !== undefined && page <= key; page = pages[++at])
      if (page !== key) some.push(page);
    if (some.length > 0) {
      const merged = "text" in value ? await mergedIn(store, namedKey(value.text)) : [];
      off.push(...some.filter((page) => !merged.includes(page)));
    }
    if (at === pages.length) break;
  }
  return [...off, ...pages.slice(at)];
}

async function mergedIn(store: Store, record: Key): Promise<readonly Revision[]> {
  if (record.startsWith("j/")) return [];
  const [bytes = new Uint8Array()] = await readRecords(store, [record]);
  return (decodeRecord(record, bytes).meta as MergedMeta).pages; // written by mergePages
}

/** A revision that is so much older. Only compared. */
function below(revision: Revision, ms: number): Revision {
  const time = Math.max(0, revisionTime(revision) - ms);
  const digits = time.toString(32).padStart(9, "0"); // of milliseconds, as in any revision
  return (digits + REVISION_ZERO.slice(digits.length)) as Revision;
}

/**
 * What a checkpoint that covers the pages up to `through` is to keep of pages off the chain: those that were known, those
 * it meets, and those that a checkpoint of another branch kept. Whoever has taken what was in one deletes it, which settles it.
 */
export async function forksToKeep(
  state: JournalState,
  before: Checkpoint,
  through: Revision,
  isOnChain: (page: Revision) => boolean,
): Promise<Revision[]> {
  const { store, forked } = state;
  const known = new Set([...forked, ...(before.forked ?? [])]);
  const old = below(through, MARGIN * store.capabilities.stalenessMs);
  const there = await stillThere(store, [...known], old);
  const met = await pagesOffChain(store, before, through, isOnChain);
  return [...new Set([...there, ...met])].sort();
}

/** A page that is young may not be visible yet. */
async function stillThere(store: Store, pages: readonly Revision[], old: Revision): Promise<Revision[]> {
  if (pages.length === 0) return [];
  try {
    const found = await store.get(pages.map(pageKey));
    return pages.filter((page, i) => page > old || found[i] !== undefined);
  } catch (error) {
    if (!isStateError(error, "corrupt")) throw error;
    return [...pages]; // damaged is not deleted
  }
}

/** Takes in pages off the chain, and says in the log which are new. */
export function noteForks(state: JournalState, forked: readonly Revision[], followed: Revision): void {
  const isNew = forked.some((page) => !state.forked.includes(page));
  state.forked = forked;
  if (!isNew) return;
  state.ports.logger.warn(
    "the journal is forked: another program committed to a store that cannot keep two apart, or this one started again " +
      "before the store showed its last commit. What is in these pages may have been acknowledged and is not in the state; " +
      "they are kept, and the event store.forked tells what is in them",
    { followed, forked },
  );
}
