import { equalBytes } from "../ground/bytes.ts";
import { isStateError, StateError } from "../ground/error.ts";
import { lazy } from "../ground/lazy.ts";
import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { Key } from "../store/store.ts";
import { type Chain, readChain } from "./chain.ts";
import { type Checkpoint, decodeCheckpoint, decodeHead, EMPTY_CHECKPOINT, type Head } from "./head.ts";
import { checkpointKey, HEAD_KEY, RECORDS } from "./keys.ts";
import { mergedPages } from "./page-directory.ts";
import { corrupt } from "./record.ts";
import { headRevision, type JournalState } from "./state.ts";
import type { TailPage } from "./tail.ts";

const branches = lazy("stores whose reads may be old", () => import("./branches.ts"));

/** Pointers may move while they are followed; after so many times something else is wrong. */
export const POINTER_READS = 50;

/** A checkpoint as it was read. */
export interface CheckpointPointer {
  readonly checkpoint: Checkpoint;
  /** Undefined where the record is not there; the checkpoint is then the empty one. */
  readonly bytes: Uint8Array | undefined;
}

/** A stretch of the chain, and the checkpoint if it had to be read anew to find it. */
interface Followed {
  readonly chain: Chain;
  readonly pointer: CheckpointPointer | undefined;
  /** The chain begins at the checkpoint, so it takes the place of the tail. */
  readonly isWhole?: boolean;
}

/** Reads the pointers and the pages after the checkpoint. Changes no data. */
export async function load(state: JournalState): Promise<void> {
  for (let attempt = 0; attempt < POINTER_READS; attempt++) {
    const [bytes] = await state.store.get([HEAD_KEY]);
    if (bytes === undefined) {
      if (await isNew(state)) return;
      continue;
    }
    const head = decodeHead(bytes);
    const pointer = await readCheckpoint(state, head.epoch);
    if (pointer.bytes !== undefined && pointer.checkpoint.revision <= head.page) {
      const isLoaded = await unlessStale(loadTail(state, head, bytes, pointer));
      if (isLoaded !== undefined) return;
    }
    await refuseIfStill(state, head, bytes, pointer.bytes);
  }
  throw restless();
}

async function loadTail(
  state: JournalState,
  head: Head,
  bytes: Uint8Array,
  pointer: CheckpointPointer,
): Promise<true> {
  const { store } = state;
  const from = pointer.checkpoint.revision;
  const isEventual = store.capabilities.consistency === "eventual";
  const shown = isEventual
    ? await (await branches.load()).rollForward(state, head, pointer.checkpoint)
    : head;
  try {
    const chain = await readChain(store, from, shown.page);
    adopt(state, shown, bytes, { chain, pointer, isWhole: true });
  } catch (error) {
    if (!isStateError(error, "corrupt") || shown.page === from) throw error;
    // Nobody tells which scopes the last page changed: what came before it can be read, and nothing be written.
    const chain = await readChain(store, from, shown.previous);
    adopt(state, { ...shown, page: shown.previous }, bytes, { chain, pointer, isWhole: true });
    state.readOnly = new StateError(
      "corrupt",
      `the last page of the journal cannot be read, so the store is read-only and shows what came before: ${error.message}`,
      { ...error.facts, revision: shown.page, cause: error },
    );
  }
  return true;
}

/** Whether a page is on the chain that `head` leads to. */
export async function isOnChain(state: JournalState, head: Head, page: Revision): Promise<boolean> {
  if (head.page <= page) return head.page === page; // revisions grow along the chain
  const { chain } = await chainSince(state, head, headRevision(state));
  if (chain.pages.some((p) => p.page.revision === page)) return true;
  const [bad] = chain.quarantined;
  if (bad !== undefined) throw bad.error; // it may be the page that was asked for
  return false;
}

/** By links where the pages still stand alone; through the page directory where a checkpoint has merged them. */
export async function chainSince(state: JournalState, head: Head, known: Revision): Promise<Followed> {
  if (known !== REVISION_ZERO && head.epoch === state.head?.epoch) {
    const chain = await unlessStale(readChain(state.store, known, head.page));
    if (chain !== undefined) return { chain, pointer: undefined };
  }
  const pointer = await readCheckpoint(state, head.epoch);
  const through = pointer.checkpoint.revision;
  if (through < state.checkpoint.revision) {
    // The tail does not reach back that far. In the same epoch no checkpoint goes back, so this one is an old read.
    if (head.epoch === state.head?.epoch)
      throw new StateError("stale", "an older checkpoint was read than before; try again");
    const whole = await readChain(state.store, through, head.page);
    return { chain: whole, pointer, isWhole: true };
  }
  if (through <= known) return { chain: await readChain(state.store, known, head.page), pointer };
  const merged: TailPage[] = [];
  for await (const page of mergedPages(state.store, pointer.checkpoint.pages, known)) merged.push(page);
  const rest = await readChain(state.store, through, head.page);
  return { chain: { pages: [...merged, ...rest.pages], quarantined: rest.quarantined }, pointer };
}

/** In one step, so that nobody sees a new checkpoint with an old tail. */
export function adopt(state: JournalState, head: Head, bytes: Uint8Array, followed: Followed): void {
  const { chain, pointer, isWhole } = followed;
  if (isWhole) state.tail.clear();
  // What one epoch's checkpoint put out of use another's may still lead to.
  if (head.epoch !== state.head?.epoch) state.garbage = [];
  for (const page of chain.pages) state.tail.push(page);
  state.quarantine.push(...chain.quarantined);
  state.last = chain.pages.at(-1)?.page ?? state.last;
  state.head = head;
  state.headBytes = bytes;
  if (pointer !== undefined) {
    state.checkpoint = pointer.checkpoint;
    state.checkpointBytes = pointer.bytes;
  }
}

export async function readCheckpoint(state: JournalState, epoch: Revision): Promise<CheckpointPointer> {
  const [bytes] = await state.store.get([checkpointKey(epoch)]);
  return { bytes, checkpoint: bytes === undefined ? EMPTY_CHECKPOINT : decodeCheckpoint(epoch, bytes) };
}

export async function unlessStale<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isStateError(error, "stale")) return undefined;
    throw error;
  }
}

/** A gap is corruption only if neither pointer moved while it was met. */
export async function refuseIfStill(
  state: JournalState,
  head: Head,
  headBytes: Uint8Array,
  checkpointBytes: Uint8Array | undefined,
): Promise<void> {
  const keys: readonly Key[] = [HEAD_KEY, checkpointKey(head.epoch)];
  const [nowHead, nowCheckpoint] = await state.store.get(keys);
  if (!equalBytes(nowHead, headBytes) || !equalBytes(nowCheckpoint, checkpointBytes)) return;
  if (state.store.capabilities.consistency === "eventual") {
    throw new StateError("stale", "the store does not show all records of the journal yet; try again later");
  }
  throw corrupt(HEAD_KEY, "pages that it leads to are missing");
}

/** False where another writer has made the journal meanwhile. Refuses records without a head. */
async function isNew({ store }: JournalState): Promise<boolean> {
  for await (const chunk of store.scan({ ...RECORDS, limit: 1 }, { keysOnly: true })) {
    if (chunk.length === 0) continue;
    // The head comes before all of them.
    const [head] = await store.get([HEAD_KEY]);
    if (head !== undefined) return false;
    const code = store.capabilities.consistency === "eventual" ? "stale" : "corrupt";
    throw new StateError(code, "the journal has records but its head is not there; this is not a new store", {
      key: HEAD_KEY,
    });
  }
  return true;
}

export function restless(): StateError {
  return new StateError("stale", "the store's pointers kept moving; try again");
}
