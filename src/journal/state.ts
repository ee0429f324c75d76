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
  /** Why nothing may be written any more. */
  readOnly: StateError | undefined;
  readonly quarantine: Quarantined[];
  /** Transactions of this opening that are being staged; its own sweeps leave them alone. */
  readonly staging: Set<Revision>;
  /** How often another writer fenced: whoever staged before must stage again. */
  foreignFences: number;
  /** Records that pointers no longer reach and that are still to be deleted. */
  garbage: Key[];
  /** When they became garbage, by `clock.elapsed()`. */
  garbageSince: number;
  /** The garbage list of a checkpoint whose records are deleted for sure. */
  collected: string | null;
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
