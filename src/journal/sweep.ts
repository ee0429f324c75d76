import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { Key } from "../store/store.ts";
import { fence } from "./append.ts";
import { type Checkpoint, encodeCheckpoint } from "./head.ts";
import { checkpointKey, type Family, familyRange, mintOf, namedKey } from "./keys.ts";
import { pagesSince } from "./read.ts";
import { headRevision, type JournalState } from "./state.ts";
import { entries, recordsSince } from "./tree.ts";

const FAMILIES: readonly Family[] = ["j", "t", "v", "s", "b", "m"];

/**
 * Deletes what a crash left: records that were written and never named. Only names minted since the last sweep are
 * looked at, and since a parent is minted after its children, only the fresh branches of trees are walked.
 *
 * List, fence both pointers, strike what they reach, delete. A writer that prepared records before the fence loses its
 * swap and writes them again under new names, so no age and no clock decides. Returns how many it deleted.
 */
export async function sweep(state: JournalState): Promise<number> {
  const { head } = state;
  if (head === undefined || state.readOnly !== undefined || state.quarantine.length > 0) return 0;
  const { horizon } = state.checkpoint;
  const until = state.mint.next(headRevision(state));
  const candidates = new Set<Key>();
  for (const family of FAMILIES) {
    for await (const chunk of state.store.scan(
      familyRange(family, horizon === REVISION_ZERO ? "" : horizon),
      { keysOnly: true },
    )) {
      for (const { key } of chunk) if (!state.staging.has(mintOf(key))) candidates.add(key);
    }
  }
  if (!(await fenceBoth(state, until))) return 0;
  await strike(state, candidates, horizon);
  if (candidates.size > 0)
    await state.store.commit({ writes: [...candidates].map((key) => ({ delete: key })) });
  return candidates.size;
}

/** Fences the head, then the checkpoint, which then remembers how far this sweep looked. */
async function fenceBoth(state: JournalState, horizon: Revision): Promise<boolean> {
  const { head } = state;
  if (head === undefined || !(await state.turn.run(() => fence(state)))) return false;
  const fenced: Checkpoint = { ...state.checkpoint, fence: state.checkpoint.fence + 1, horizon };
  const to = encodeCheckpoint(head.epoch, fenced);
  const swap = { key: checkpointKey(head.epoch), from: state.checkpointBytes, to };
  if ((await state.store.commit({ writes: [], swap })) === "conflict") return false;
  state.checkpoint = fenced;
  state.checkpointBytes = to;
  return true;
}

async function strike(state: JournalState, candidates: Set<Key>, horizon: Revision): Promise<void> {
  const { store, checkpoint } = state;
  const isRecent = (name: string) => mintOf(namedKey(name)) >= horizon;
  if (checkpoint.garbage !== null) candidates.delete(namedKey(checkpoint.garbage));
  for (const root of [checkpoint.scopes, checkpoint.pages, checkpoint.correlations]) {
    for await (const name of recordsSince(store, root, isRecent)) candidates.delete(namedKey(name));
  }
  for await (const { value } of entries(store, checkpoint.scopes)) {
    const root = "text" in value ? value.text : null;
    for await (const name of recordsSince(store, root, isRecent)) candidates.delete(namedKey(name));
  }
  for await (const { value } of entries(store, checkpoint.pages, horizon)) {
    if ("text" in value) candidates.delete(namedKey(value.text));
  }
  if (candidates.size === 0) return;
  // What is left of pages, staged pages and large values is in use if a page on the chain names it.
  for await (const { page, key } of pagesSince(state, horizon)) {
    candidates.delete(key);
    const owners = new Set([page.first, page.staged?.transaction]);
    for (const candidate of candidates) {
      const isOwned = candidate.startsWith("v/") || candidate.startsWith("t/");
      if (isOwned && owners.has(mintOf(candidate))) candidates.delete(candidate);
    }
  }
}
