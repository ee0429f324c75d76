import type { Codec, EncodedValue } from "../ground/codec.ts";
import { REVISION_LENGTH, type Revision } from "../ground/revision.ts";

/**
 * Tells the revisions and expiries of the slots that came together, in a block or in a commit. Packed, because a
 * revision of its own for each entry would be a fifth of a loaded scope's memory.
 */
export interface Origin {
  /** One revision for all slots, or one after the other. Empty while the commit has no place in the journal. */
  revisions: string;
  readonly expiries: Readonly<Record<number, number>> | undefined;
}

/** How a slot's content is to be read. */
export const TEXT = 0;
export const VALUE = 1;
const RICH = 2;
export const GONE = 3;

/** One key's value in memory: encoded until it is read, then parsed if readers may share it. */
export interface Slot {
  /** TEXT: plain JSON. VALUE: frozen and shared. RICH: an EncodedValue, decoded for each reader. GONE: a queued deletion. */
  content: unknown;
  kind: 0 | 1 | 2 | 3;
  readonly origin: Origin;
  readonly index: number;
}

export function slotOf(value: EncodedValue | undefined, origin: Origin, index: number): Slot {
  if (value === undefined) return { content: undefined, kind: GONE, origin, index };
  if (value.format === 0) return { content: value.text, kind: TEXT, origin, index };
  return { content: value, kind: RICH, origin, index };
}

export function revisionOf({ origin, index }: Slot): Revision {
  const { revisions } = origin;
  if (revisions.length === REVISION_LENGTH) return revisions as Revision; // origins hold revisions only
  return revisions.slice(index * REVISION_LENGTH, (index + 1) * REVISION_LENGTH) as Revision;
}

export function expiryOf({ origin, index }: Slot): number | undefined {
  return origin.expiries?.[index];
}

export function hasExpired(slot: Slot, now: () => number): boolean {
  const { expiries } = slot.origin;
  if (expiries === undefined) return false;
  const expiry = expiries[slot.index];
  return expiry !== undefined && expiry <= now();
}

/** The value, parsed at the first read and kept if it is frozen all the way down. */
export function readSlot(slot: Slot, codec: Codec): unknown {
  if (slot.kind === VALUE) return slot.content;
  if (slot.kind === GONE) return undefined;
  const decoded = codec.decode(encodedOf(slot));
  if (decoded.shareable) {
    slot.content = decoded.value;
    slot.kind = VALUE;
  }
  return decoded.value;
}

/** As it lies in a slot that was not parsed. */
function encodedOf(slot: Slot): EncodedValue {
  if (slot.kind === RICH) return slot.content as EncodedValue; // by the meaning of RICH
  return { format: 0, text: slot.content as string, parts: NO_PARTS }; // by the meaning of TEXT
}

const NO_PARTS: readonly Uint8Array[] = [];
