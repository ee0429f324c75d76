import type { StateError } from "../ground/error.ts";
import type { Ports } from "../ground/ports.ts";
import { REVISION_ZERO, type Revision, type RevisionMint } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Key, Store } from "../store/store.ts";
import type { Page } from "./commit.ts";
import type { Checkpoint, Head } from "./head.ts";
import type { Tail } from "./tail.ts";

/** A page that cannot be read, and the scopes it changed, as its successor tells. */
export interface Quarantined {
  readonly error: StateError;
  readonly scopes: readonly ScopeText[];
}

/** What one checkpoint put out of use. */
interface Garbage {
  readonly keys: readonly Key[];
  /** When it was, by `clock.elapsed()`. */
  readonly since: number;
}

/**
 * What one opening knows of the journal: the two pointers as they were last read or moved, and the pages after the
 * checkpoint. The bytes of the pointers are kept because a swap compares bytes.
 */
export interface JournalState {
  readonly store: Store;
  readonly ports: Ports;
  readonly mint: RevisionMint;
  head: Head | undefined;
  headBytes: Uint8Array | undefined;
  checkpoint: Checkpoint;
  checkpointBytes: Uint8Array | undefined;
  readonly tail: Tail;
  /** The last page on the chain, for the next one's links. */
  last: Pick<Page, "revision" | "previous" | "scopes"> | undefined;
  /** The last page that the scopes in memory show. Behind the head while another writer's pages are being taken in. */
  shown: Revision;
  /** Why nothing may be written any more. */
  readOnly: StateError | undefined;
  readonly quarantine: Quarantined[];
  /** Records that pointers no longer reach and that are still to be deleted, oldest first. */
  garbage: Garbage[];
  /**
   * The head that each commit or checkpoint of this opening began from that came to nothing. Its records may lie anywhere
   * behind that head, also before the horizon of another writer's sweep; the next sweep of this opening looks there too.
   */
  failed: Revision[];
  /** The head when the last sweep of this opening began, once that has ended. */
  swept: Revision;
  /** Pages that an eventual store shows and that are not on the chain, in order: commits that may have been acknowledged. */
  forked: readonly Revision[];
  /** Parts of large values that no value names; see `withParts`. */
  readonly orphans: () => AsyncIterable<Key>;
  /** When each pointer was last put, by `clock.elapsed()`; only where the store wants time between two puts. */
  readonly lastPut: Map<Key, number>;
  /** Reads what other writers committed. Whoever shows pages in memory puts a way here that shows them too. */
  catchUp: () => Promise<void>;
  /** Head moves one at a time: commits, fences and epochs. */
  readonly turn: Turn;
}

/** The last revision on the chain. */
export function headRevision(state: JournalState): Revision {
  return state.head?.page ?? REVISION_ZERO;
}

/** Lets one task at a time through, in the order of asking. */
export interface Turn {
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function turn(): Turn {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    run<T>(task: () => Promise<T>): Promise<T> {
      const mine = waiting === 0 ? task() : last.then(task, task);
      waiting++;
      const done = () => {
        waiting--;
      };
      last = mine.then(done, done);
      return mine;
    },
  };
}
