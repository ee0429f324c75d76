import type { EncodedValue, ValueFormat } from "../ground/codec.ts";
import { isStateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import { correlationKey } from "./checkpoint.ts";
import type { Commit } from "./commit.ts";
import { headOfGeneratedId } from "./correlation-id.ts";
import type { Checkpoint } from "./head.ts";
import { namedKey } from "./keys.ts";
import { mergedPages } from "./page-directory.ts";
import { readRecords } from "./reader.ts";
import { corrupt, decodeRecord } from "./record.ts";
import { readCheckpoint } from "./refresh.ts";
import type { JournalState } from "./state.ts";
import { indexedIds, type TailEntry, type TailPage } from "./tail.ts";
import { entries, leaves, lookup, type TreeRoot } from "./tree.ts";
import type { PackedLeaf } from "./tree-node.ts";
import { isLarge, type LargeValue, type StoredValue } from "./values.ts";

/** Checkpoints may move while a reader follows one; after so many times something else is wrong. */
const ATTEMPTS = 20;

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
      await follow(state);
    }
  }
  for (const page of state.tail.pages()) {
    if (page.page.revision <= at) continue;
    at = page.page.revision;
    yield page;
  }
}

/** A record was not there: either the checkpoint has moved and is known now, or the record is lost. */
async function follow(state: JournalState): Promise<void> {
  const { head, checkpointBytes } = state;
  if (head === undefined) return;
  const pointer = await readCheckpoint(state, head.epoch);
  const isSame =
    pointer.checkpoint.revision === state.checkpoint.revision && state.checkpointBytes === checkpointBytes;
  if (isSame && state.store.capabilities.consistency === "strong") {
    throw corrupt(namedKey(`checkpoint/${head.epoch}`), "records that it leads to are missing");
  }
  // Only a checkpoint that this opening's tail reaches over may be taken, or commits between would be passed.
  if (pointer.checkpoint.revision <= head.page) {
    state.checkpoint = pointer.checkpoint;
    state.checkpointBytes = pointer.bytes;
  }
}

/** Runs a reading of trees; if records are missing, again with the checkpoint as it is then. */
async function reading<T>(state: JournalState, read: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const { checkpoint } = state;
    try {
      const result = await read();
      if (checkpoint === state.checkpoint || attempt >= ATTEMPTS) return result;
    } catch (error) {
      if (!isStateError(error, "stale") || attempt >= ATTEMPTS) throw error;
      if (checkpoint === state.checkpoint) await follow(state);
    }
  }
}

/** A scope's blocks, and the checkpoint they belong to: what the tail says on top of it is only in place while it stands. */
export interface ScopeBlocks {
  readonly leaves: readonly PackedLeaf[];
  readonly checkpoint: Checkpoint;
}

export function scopeBlocks(state: JournalState, scope: ScopeText): Promise<ScopeBlocks> {
  return reading(state, async () => {
    const { checkpoint } = state;
    const found = await lookup(state.store, checkpoint.scopes, scope);
    const root: TreeRoot = found !== undefined && "text" in found.value ? found.value.text : null;
    const all: PackedLeaf[] = [];
    for await (const leaf of leaves(state.store, root)) all.push(leaf);
    return { leaves: all, checkpoint };
  });
}

/** One key of a scope, without loading the scope. */
export function readEntry(
  state: JournalState,
  scope: ScopeText,
  key: string,
): Promise<TailEntry | undefined> {
  return reading(state, async () => {
    const found = await lookup(state.store, state.checkpoint.scopes, scope);
    const root: TreeRoot = found !== undefined && "text" in found.value ? found.value.text : null;
    const entry = root === null ? undefined : await lookup(state.store, root, key);
    return state.tail.entry(scope, key) ?? entry;
  });
}

/** The scopes that have or had entries, sorted. */
export function listScopes(state: JournalState): Promise<ScopeText[]> {
  return reading(state, async () => {
    const scopes = new Set<ScopeText>();
    for await (const { key } of entries(state.store, state.checkpoint.scopes)) scopes.add(key);
    for (const { overlay } of state.tail.generations) for (const scope of overlay.keys()) scopes.add(scope);
    return [...scopes].sort();
  });
}

export async function loadLarge(state: JournalState, values: readonly LargeValue[]): Promise<EncodedValue[]> {
  const keys = values.map((value) => value.large);
  const found = await readRecords(state.store, keys);
  return keys.map((key, i) => {
    const { meta, text, parts } = decodeRecord(key, found[i] ?? new Uint8Array());
    const { format } = meta as { format: ValueFormat }; // written by append; the checksum vouches for it
    return { format, text, parts };
  });
}

export async function inlineValue(state: JournalState, value: StoredValue): Promise<EncodedValue> {
  if (!isLarge(value)) return value;
  const [loaded] = await loadLarge(state, [value]);
  return loaded as EncodedValue; // one result per value
}

/** The commits with a correlation id, in order. */
export async function* commitsOf(state: JournalState, id: string): AsyncGenerator<Commit> {
  for await (const { page } of pagesWith(state, id)) {
    for (const commit of page.commits) if (commit.correlation.correlationId === id) yield commit;
  }
}

/** An id given by a caller is in the index; a generated one tells where to begin, and its first commit is enough. */
async function* pagesWith(state: JournalState, id: string): AsyncGenerator<TailPage> {
  const carries = (page: TailPage) => page.page.commits.some((c) => c.correlation.correlationId === id);
  const listed = await reading(state, async () => {
    const revisions: Revision[] = [];
    const from = correlationKey(id, "");
    for await (const { key } of entries(state.store, state.checkpoint.correlations, from, `${from}~`)) {
      revisions.push(key.slice(from.length) as Revision); // written by correlationKey
    }
    return revisions;
  });
  const known = headOfGeneratedId(id);
  const seen = new Set<Revision>();
  if (known !== undefined) {
    for await (const page of pagesSince(state, known)) {
      if (!carries(page)) continue;
      seen.add(page.page.revision);
      yield page;
      if (!indexedIds(page.page).has(id)) break;
    }
    return;
  }
  for (const revision of listed) {
    const page = await pageNamed(state, revision);
    if (page !== undefined) yield page;
  }
  for (const page of state.tail.pages()) {
    if (page.page.revision > (listed.at(-1) ?? "") && carries(page)) yield page;
  }
}

/** The page that a revision names, found by its place in the journal. */
async function pageNamed(state: JournalState, revision: Revision): Promise<TailPage | undefined> {
  const before = `${revision.slice(0, -1)}${predecessor(revision.at(-1) ?? "")}` as Revision; // just below it in order
  for await (const page of pagesSince(state, before))
    return page.page.revision === revision ? page : undefined;
  return undefined;
}

function predecessor(digit: string): string {
  return digit === "0" ? "" : (Number.parseInt(digit, 32) - 1).toString(32);
}
