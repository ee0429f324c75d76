import { fromUtf8 } from "../ground/bytes.ts";
import type { Codec } from "../ground/codec.ts";
import type { Revision } from "../ground/revision.ts";
import { type PackedLeaf, packedRevision } from "../journal/tree-node.ts";
import { expiryOf, type Origin, readSlot, revisionOf, type Slot, TEXT, VALUE } from "./slot.ts";

/** Where an entry is: in a slot of its own, or packed in a block. To be used at once: the next change may move it. */
export type Place = Slot | number;

/**
 * The entries of a scope by key. Those that came in a block of plain JSON stay packed in it, read or not, because a
 * slot for each would be a sixth of a loaded scope's memory. An entry that a write or a hook asks for gets its slot.
 */
export interface Slots {
  readonly size: number;
  keys(): Iterable<string>;
  has(key: string): boolean;
  /** The entry's slot, the same one each time until the entry changes. */
  get(key: string): Slot | undefined;
  set(key: string, slot: Slot): void;
  delete(key: string): void;
  /** For reading, which needs no slot. */
  find(key: string): Place | undefined;
  /** The value at a place, parsed at the first read and kept if it is frozen all the way down. */
  read(place: Place, codec: Codec): unknown;
  hasExpired(place: Place, now: () => number): boolean;
  /** What `find` and `read` come to together, for reads that must be fast. Undefined for what has expired. */
  value(key: string, codec: Codec, now: () => number): unknown;
  /** Undefined while the entry's commit has no place in the journal. */
  revision(place: Place): Revision | undefined;
  /** Those that have not expired, in the order of their first writes. */
  visible(now: () => number): (readonly [key: string, place: Place])[];
  /** How many `visible` gives; where nothing expires, without looking at each. */
  count(now: () => number): number;
  /** The entries with an expiry. */
  expiring(): Iterable<readonly [key: string, slot: Slot]>;
  /** Takes in a block in which all is plain JSON. False where it has more entries than can be packed. */
  addBlock(leaf: PackedLeaf): boolean;
}

interface Block {
  readonly origin: Origin;
  /** Where each value's text ends. */
  readonly ends: readonly number[];
  /** Bytes until the first read. Let go of when no value in it is unread. */
  text: string | Uint8Array;
  unread: number;
  /** Parsed values; undefined, which no JSON is, where none was read. */
  values: unknown[];
}

/** A place is the block's number, then the entry's in this many bits. Blocks have some hundred entries. */
const BITS = 12;
const SPAN = 1 << BITS;
const NONE: unknown[] = [];
const NO_PARTS: readonly Uint8Array[] = [];

export function emptySlots(): Slots {
  const places = new Map<string, Place>();
  const blocks: Block[] = [];
  let mayExpire = false;

  const blockOf = (place: number) => blocks[place >>> BITS] as Block; // places are made by `addBlock` only

  function textAt(block: Block, index: number): string {
    const { ends } = block;
    if (typeof block.text !== "string") block.text = fromUtf8(block.text);
    return block.text.slice(index === 0 ? 0 : ends[index - 1], ends[index]);
  }

  function wasRead(block: Block): void {
    if (--block.unread === 0) block.text = "";
  }

  /** Small, so that a hot read is inlined whole. */
  function readPacked(place: number, codec: Codec): unknown {
    const block = blockOf(place);
    const index = place & (SPAN - 1);
    const known = block.values[index];
    return known === undefined ? parse(block, index, codec) : known;
  }

  function parse(block: Block, index: number, codec: Codec): unknown {
    const { value } = codec.decode({ format: 0, text: textAt(block, index), parts: NO_PARTS });
    if (block.values === NONE) block.values = new Array(block.ends.length).fill(undefined);
    block.values[index] = value;
    wasRead(block);
    return value;
  }

  function unpacked(place: number): Slot {
    const block = blockOf(place);
    const index = place & (SPAN - 1);
    const { origin } = block;
    const known = block.values[index];
    if (known !== undefined) return { content: known, kind: VALUE, origin, index };
    return { content: textAt(block, index), kind: TEXT, origin, index };
  }

  /** The block keeps nothing of an entry that has left it. */
  function leave(place: Place | undefined): void {
    if (typeof place !== "number") return;
    const block = blockOf(place);
    const index = place & (SPAN - 1);
    if (block.values[index] === undefined) wasRead(block);
    else block.values[index] = undefined;
  }

  function expiryAt(place: Place): number | undefined {
    if (typeof place !== "number") return expiryOf(place);
    return blockOf(place).origin.expiries?.[place & (SPAN - 1)];
  }

  function hasExpired(place: Place, now: () => number): boolean {
    const expiry = expiryAt(place);
    return expiry !== undefined && expiry <= now();
  }

  const slots: Slots = {
    get size() {
      return places.size;
    },
    keys: () => places.keys(),
    has: (key) => places.has(key),
    find: (key) => places.get(key),
    get(key) {
      const place = places.get(key);
      if (typeof place !== "number") return place;
      const slot = unpacked(place);
      slots.set(key, slot);
      return slot;
    },
    set(key, slot) {
      leave(places.get(key));
      places.set(key, slot);
      if (slot.origin.expiries !== undefined) mayExpire = true;
    },
    delete(key) {
      leave(places.get(key));
      places.delete(key);
    },
    read: (place, codec) => (typeof place === "number" ? readPacked(place, codec) : readSlot(place, codec)),
    value(key, codec, now) {
      const place = places.get(key);
      if (place === undefined) return undefined;
      if (mayExpire && hasExpired(place, now)) return undefined;
      if (typeof place === "number") return readPacked(place, codec);
      return place.kind === VALUE ? place.content : readSlot(place, codec);
    },
    hasExpired,
    revision(place) {
      if (typeof place === "number")
        return packedRevision(blockOf(place).origin.revisions, place & (SPAN - 1));
      return place.origin.revisions === "" ? undefined : revisionOf(place);
    },
    visible: (now) => (mayExpire ? [...places].filter(([, place]) => !hasExpired(place, now)) : [...places]),
    count: (now) => (mayExpire ? slots.visible(now).length : places.size),
    *expiring() {
      if (!mayExpire) return;
      for (const [key, place] of places) {
        if (expiryAt(place) === undefined) continue;
        const slot = slots.get(key);
        if (slot !== undefined) yield [key, slot];
      }
    },
    addBlock({ keys, revisions, expiries, columns, textBytes }) {
      if (keys.length > SPAN) return false;
      const first = blocks.length << BITS;
      blocks.push({
        origin: { revisions, expiries },
        ends: columns.e,
        text: textBytes,
        unread: keys.length,
        values: NONE,
      });
      for (let i = 0; i < keys.length; i++) places.set(keys[i] ?? "", first + i); // i is in bounds
      if (expiries !== undefined) mayExpire = true;
      return true;
    },
  };
  return slots;
}
