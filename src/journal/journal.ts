import { nanoid } from "nanoid";
import { StateError } from "../ground/error.ts";
import type { Ports } from "../ground/ports.ts";
import { REVISION_ZERO, revisionMint } from "../ground/revision.ts";
import type { Store } from "../store/store.ts";
import { EMPTY_CHECKPOINT, encodeCheckpoint, encodeHead, type Head, STORE_FORMAT } from "./head.ts";
import { checkpointKey, HEAD_KEY } from "./keys.ts";
import { load, readCheckpoint } from "./refresh.ts";
import { type JournalState, turn } from "./state.ts";
import { emptyTail } from "./tail.ts";

/** Reads the pointers and the tail of a store. Changes no data: what a crash left is repaired by the first write. */
export async function openJournal(store: Store, ports: Ports): Promise<JournalState> {
  const state: JournalState = {
    store,
    ports,
    mint: revisionMint(ports),
    head: undefined,
    headBytes: undefined,
    checkpoint: EMPTY_CHECKPOINT,
    checkpointBytes: undefined,
    tail: emptyTail(),
    last: undefined,
    readOnly: undefined,
    quarantine: [],
    staging: new Set(),
    foreignFences: 0,
    garbage: [],
    garbageSince: 0,
    collected: null,
    turn: turn(),
  };
  await load(state);
  return state;
}

/**
 * Creates the journal of a new store: the empty checkpoint, then the head, before any page. So a page without a head is
 * never a new store. Safe to race: one writer's head wins, the others load it. Call it in a turn.
 */
export async function createJournal(state: JournalState, schema: number): Promise<void> {
  const epoch = state.mint.next(REVISION_ZERO);
  const head: Head = {
    page: REVISION_ZERO,
    commits: 0,
    epoch,
    fence: 0,
    storeId: nanoid(),
    timeline: nanoid(),
    minReader: STORE_FORMAT,
    minWriter: STORE_FORMAT,
    schema,
    mode: { encryption: false, history: true },
  };
  const writes = [{ put: checkpointKey(epoch), value: encodeCheckpoint(epoch, EMPTY_CHECKPOINT) }];
  const swap = { key: HEAD_KEY, from: undefined, to: encodeHead(head) };
  // Whatever came of it, the head that is there now is the store's, ours or another's.
  let failure: unknown;
  try {
    await state.store.commit({ writes, swap });
  } catch (error) {
    failure = error;
  }
  await load(state);
  if (state.head !== undefined) return;
  throw failure ?? new StateError("unavailable", "the store did not keep the journal's head; try again");
}

/**
 * Begins a new epoch: changes what the head says of format, schema or mode, with a checkpoint record of its own. A crash
 * or a lost race leaves the old epoch whole. False where another writer moved the head. Call it in a turn, refreshed.
 */
export async function beginEpoch(
  state: JournalState,
  change: Partial<Pick<Head, "schema" | "mode">>,
): Promise<boolean> {
  const { head, headBytes } = state;
  if (head === undefined) return false;
  const { checkpoint } = await readCheckpoint(state, head.epoch);
  const epoch = state.mint.next(head.page);
  const bytes = encodeCheckpoint(epoch, checkpoint);
  await state.store.commit({ writes: [{ put: checkpointKey(epoch), value: bytes }] });
  const moved: Head = { ...head, ...change, epoch };
  const to = encodeHead(moved);
  const outcome = await state.store.commit({ writes: [], swap: { key: HEAD_KEY, from: headBytes, to } });
  if (outcome === "conflict") return false;
  state.head = moved;
  state.headBytes = to;
  state.checkpoint = checkpoint;
  state.checkpointBytes = bytes;
  return true;
}
