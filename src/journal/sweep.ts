import type { Revision } from "../ground/revision.ts";
import { REVISION_ZERO } from "../ground/revision.ts";
import type { Key } from "../store/store.ts";
import { fence } from "./append.ts";
import { type Checkpoint, encodeCheckpoint } from "./head.ts";
import { CHECKPOINTS, checkpointKey, type Family, familyAfter, mintOf, namedKey } from "./keys.ts";
import { latestCheckpoint } from "./latest.ts";
import { commitPaced } from "./pace.ts";
import { pagesSince } from "./past.ts";
import { headRevision, type JournalState } from "./state.ts";
import { namesSince, type TreeRoot } from "./tree.ts";

const FAMILIES: readonly Family[] = ["j", "t", "v", "s", "b", "m"];
/** On an eventual store a page counts once it was put, whoever may see it; so it and what it names are never swept. */
const DERIVED: readonly Family[] = ["s", "b", "m"];

/** Once in each opening, and after each commit or checkpoint of it that came to nothing. */
export function isSweepDue({ swept, failed }: JournalState): boolean {
  return swept === REVISION_ZERO || failed.length > 0;
}

/**
 * Deletes what a crash left: records that were written and never named. Only names minted after the horizon, the head
 * of the last sweep, are looked at, and since a parent is minted after its children, only fresh branches are walked.
 *
 * List, fence both pointers, strike what they reach, delete. A writer that prepared records before the fence loses its
 * swap and writes them again under new names, so no age and no clock decides. Returns how many it deleted, or undefined
 * where another writer moved a pointer meanwhile: nothing was deleted then, and it may be tried again.
 */
export async function sweep(state: JournalState): Promise<number | undefined> {
  const { head, store } = state;
  if (head === undefined || state.readOnly !== undefined || state.quarantine.length > 0) return undefined;
  const pointer = await latestCheckpoint(state, head.epoch);
  if (pointer === undefined) return undefined;
  state.checkpoint = pointer.checkpoint;
  state.checkpointBytes = pointer.bytes;
  const failed = [...state.failed];
  const horizon = failed.reduce((a, b) => (a < b ? a : b), state.checkpoint.horizon);
  const next = headRevision(state);
  const candidates = new Set<Key>();
  const isStrong = store.capabilities.consistency === "strong";
  const ranges = (isStrong ? FAMILIES : DERIVED).map((family) => familyAfter(family, horizon));
  for (const range of isStrong ? [...ranges, CHECKPOINTS] : ranges) {
    for await (const chunk of store.scan(range, { keysOnly: true }))
      for (const { key } of chunk) candidates.add(key);
  }
  const parts = new Set<Key>();
  for await (const part of state.orphans()) parts.add(part);
  if (!(await fenceBoth(state))) return undefined;
  candidates.delete(checkpointKey(head.epoch));
  await strike(state, candidates, horizon);
  await remove(state, candidates);
  // Still without an owner behind the fence: whoever wrote it has lost its swap.
  const orphans = new Set<Key>();
  for await (const part of state.orphans()) if (parts.has(part)) orphans.add(part);
  await remove(state, orphans);
  state.failed = state.failed.slice(failed.length);
  // Kept with the next checkpoint: a sweep that was cut short must not count.
  state.swept = next;
  return candidates.size + orphans.size;
}

/** Readers of an eventual store may still follow older pointers to them, so there they wait with other garbage. */
async function remove(state: JournalState, keys: ReadonlySet<Key>): Promise<void> {
  if (keys.size === 0) return;
  if (state.store.capabilities.consistency === "strong") {
    await state.store.commit({ writes: [...keys].map((key) => ({ delete: key })) });
  } else state.garbage.push({ keys: [...keys], since: state.ports.clock.elapsed() });
}

async function fenceBoth(state: JournalState): Promise<boolean> {
  const { head } = state;
  if (head === undefined || !(await state.turn.run(() => fence(state, head.epoch)))) return false;
  const fenced: Checkpoint = { ...state.checkpoint, fence: state.checkpoint.fence + 1 };
  const to = encodeCheckpoint(head.epoch, fenced);
  const swap = { key: checkpointKey(head.epoch), from: state.checkpointBytes, to };
  if ((await commitPaced(state, { writes: [], swap })) === "conflict") return false;
  state.checkpoint = fenced;
  state.checkpointBytes = to;
  return true;
}

async function strike(
  state: JournalState,
  candidates: Set<Key>,
  horizon: Checkpoint["horizon"],
): Promise<void> {
  const { store, checkpoint } = state;
  const isRecent = (name: string) => mintOf(namedKey(name)) > horizon;
  /** What a fresh leaf leads to may be fresh; what an old one leads to is older still. */
  const strikeTree = async (root: TreeRoot, onEntry?: (name: string) => unknown) => {
    for await (const { name, isEntry } of namesSince(store, root, isRecent)) {
      if (isEntry) await onEntry?.(name);
      else candidates.delete(namedKey(name));
    }
  };
  if (checkpoint.garbage !== null) candidates.delete(namedKey(checkpoint.garbage));
  await strikeTree(checkpoint.scopes, (root) => strikeTree(root));
  await strikeTree(checkpoint.pages, (record) => candidates.delete(namedKey(record)));
  await strikeTree(checkpoint.correlations);
  if (candidates.size === 0) return;
  // What is left of pages, staged pages and large values is in use if a page on the chain names it.
  const owned = new Map<Revision, Key[]>();
  for (const key of candidates) {
    if (!key.startsWith("v/") && !key.startsWith("t/")) continue;
    const owner = mintOf(key);
    const known = owned.get(owner);
    if (known === undefined) owned.set(owner, [key]);
    else known.push(key);
  }
  for await (const { page, key } of pagesSince(state, horizon)) {
    candidates.delete(key);
    for (const owner of [page.first, page.staged?.transaction]) {
      for (const used of (owner && owned.get(owner)) ?? []) candidates.delete(used);
    }
  }
}
