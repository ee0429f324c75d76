import { StateError } from "../ground/error.ts";
import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import { checkpointKey, HEAD_KEY } from "./keys.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

/** 1: the first. Writers and readers below the head's minimum are refused. */
export const STORE_FORMAT = 1;

/** The commit point: what is on the chain from `page` backwards happened, and nothing else. */
export interface Head {
  readonly page: Revision;
  /** The page before it, so that a reader can show what came before a last page that it cannot read. */
  readonly previous: Revision;
  /** Commits on the chain so far. */
  readonly commits: number;
  /** Which checkpoint record counts. */
  readonly epoch: Revision;
  /** Raised before anything is deleted, so that whoever prepared records from older pointers loses its swap. */
  readonly fence: number;
  readonly storeId: string;
  /** Changed by restore and fork: revisions of another timeline say nothing here. */
  readonly timeline: string;
  readonly minReader: number;
  readonly minWriter: number;
  readonly schema: number;
  readonly mode: { readonly encryption: boolean; readonly history: boolean };
}

/** What is derived: everything up to `revision`. Swapped by each checkpoint. */
export interface Checkpoint {
  readonly revision: Revision;
  readonly fence: number;
  /** Below it history may be gone. */
  readonly floor: Revision;
  /** Root of the scope directory: scope text to the name of the scope's root. */
  readonly scopes: string | null;
  /** Root of the page directory: a page's revision to the record that holds it. */
  readonly pages: string | null;
  /** Root of the correlation index: correlation id and page revision. */
  readonly correlations: string | null;
  /** The record that lists what this checkpoint put out of use. */
  readonly garbage: string | null;
  /** A sweep has looked at all names minted up to it. */
  readonly horizon: Revision;
  /** Pages that an eventual store holds and that are not on the chain; they are told at each open. */
  readonly forked?: readonly Revision[];
}

export const EMPTY_CHECKPOINT: Checkpoint = {
  revision: REVISION_ZERO,
  fence: 0,
  floor: REVISION_ZERO,
  scopes: null,
  pages: null,
  correlations: null,
  garbage: null,
  horizon: REVISION_ZERO,
};

export function encodeHead(head: Head): Uint8Array {
  return encodeRecord(HEAD_KEY, { meta: head, text: "", parts: [] });
}

export function decodeHead(bytes: Uint8Array): Head {
  const head = decodeRecord(HEAD_KEY, bytes).meta as Head; // written by encodeHead; the checksum vouches for it
  if (head.minReader > STORE_FORMAT) {
    throw new StateError(
      "newer_format",
      `the store needs a reader of format ${head.minReader}; this one knows ${STORE_FORMAT}`,
    );
  }
  return head;
}

export function encodeCheckpoint(epoch: Revision, checkpoint: Checkpoint): Uint8Array {
  return encodeRecord(checkpointKey(epoch), { meta: checkpoint, text: "", parts: [] });
}

export function decodeCheckpoint(epoch: Revision, bytes: Uint8Array): Checkpoint {
  return decodeRecord(checkpointKey(epoch), bytes).meta as Checkpoint; // written by encodeCheckpoint, as above
}
