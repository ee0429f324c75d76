import { nanoid } from "nanoid";
import { StateError } from "../ground/error.ts";
import type { Ports } from "../ground/ports.ts";
import { REVISION_ZERO, revisionMint } from "../ground/revision.ts";
import { withEarlyHints } from "../store/early-hints.ts";
import type { Batch, Store } from "../store/store.ts";
import { EMPTY_CHECKPOINT, encodeCheckpoint, encodeHead, type Head, STORE_FORMAT } from "./head.ts";
import { checkpointKey, HEAD_KEY } from "./keys.ts";
import { load, readCheckpoint } from "./load.ts";
import { commitPaced, pause } from "./pace.ts";
import { missingRecord } from "./reader.ts";
import { headRevision, type JournalState, turn } from "./state.ts";
import { emptyTail } from "./tail.ts";

/** How often an eventual store is asked to keep the first head. */
const ATTEMPTS = 6;

/** Reads the pointers and the tail of a store. Changes no data: what a crash left is repaired by the first write. */
export async function openJournal(
  store: Store,
  ports: Ports,
  orphans: JournalState["orphans"] = none,
): Promise<JournalState> {
  const state: JournalState = {
    store: withEarlyHints(store),
    ports,
    mint: revisionMint(ports),
    head: undefined,
    headBytes: undefined,
    checkpoint: EMPTY_CHECKPOINT,
    checkpointBytes: undefined,
    tail: emptyTail(),
    last: undefined,
    shown: REVISION_ZERO,
    readOnly: undefined,
    quarantine: [],
    garbage: [],
    failed: [],
    swept: REVISION_ZERO,
    forked: [],
    orphans,
    lastPut: new Map(),
    catchUp: () => state.turn.run(() => load(state)),
    turn: turn(),
  };
  await load(state);
  state.shown = headRevision(state);
  return state;
}

async function* none(): AsyncGenerator<never> {
  // A store that does not split values has no parts.
}

/**
 * Creates the journal of a new store: the empty checkpoint, then the head, before any page. So a page without a head is
 * never a new store. Safe to race: one writer's head wins. False where there is a head by now that this opening has not
 * read; a refresh takes it in, and shows what may have been committed on it. Call it in a turn.
 */
export async function createJournal(state: JournalState, schema: number): Promise<boolean> {
  const epoch = state.mint.next(REVISION_ZERO);
  const head: Head = {
    page: REVISION_ZERO,
    previous: REVISION_ZERO,
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
  const checkpointBytes = encodeCheckpoint(epoch, EMPTY_CHECKPOINT);
  const to = encodeHead(head);
  const batch: Batch = {
    writes: [{ put: checkpointKey(epoch), value: checkpointBytes }],
    swap: { key: HEAD_KEY, from: undefined, to },
  };
  for (let attempt = 0; ; attempt++) {
    let failure: unknown;
    try {
      if ((await commitPaced(state, batch)) === "committed") {
        Object.assign(state, { head, headBytes: to, checkpoint: EMPTY_CHECKPOINT, checkpointBytes });
        return true;
      }
    } catch (error) {
      failure = error;
    }
    // Whatever came of it, the head that is there now is the store's, ours or another's.
    const [found] = await state.store.get([HEAD_KEY]);
    if (found !== undefined) return false;
    // An eventual store may show it later; to put the same once more does no harm.
    const isKnown = failure !== undefined && state.store.capabilities.consistency === "strong";
    if (isKnown || attempt === ATTEMPTS) {
      throw failure ?? new StateError("unavailable", "the store did not keep the journal's head; try again");
    }
    await pause(2 ** attempt * 5);
  }
}

/**
 * Begins a new epoch: changes what the head says of format, schema or mode, with a checkpoint record of its own. A crash
 * or a lost race leaves the old epoch whole. False where another writer moved the head. Rejects with `stale` where the old
 * epoch's checkpoint is not there. Call it in a turn, refreshed.
 */
export async function beginEpoch(
  state: JournalState,
  change: Partial<Pick<Head, "schema" | "mode">>,
): Promise<boolean> {
  const { head, headBytes } = state;
  if (head === undefined) return false;
  const { checkpoint, bytes: known } = await readCheckpoint(state, head.epoch);
  if (known === undefined) throw missingRecord(checkpointKey(head.epoch));
  const epoch = state.mint.next(head.page);
  const bytes = encodeCheckpoint(epoch, checkpoint);
  await state.store.commit({ writes: [{ put: checkpointKey(epoch), value: bytes }] });
  const moved: Head = { ...head, ...change, epoch };
  const to = encodeHead(moved);
  const outcome = await commitPaced(state, { writes: [], swap: { key: HEAD_KEY, from: headBytes, to } });
  if (outcome === "conflict") return false;
  state.head = moved;
  state.headBytes = to;
  state.checkpoint = checkpoint;
  state.checkpointBytes = bytes;
  return true;
}
