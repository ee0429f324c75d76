import { fromUtf8 } from "../ground/bytes.ts";
import { REVISION_LENGTH, type Revision } from "../ground/revision.ts";
import type { Key } from "../store/store.ts";
import { decodeRecord } from "./record.ts";
import { type StoredValue, unpackValues, type ValueColumns } from "./values.ts";

/** One key of a sorted tree with what it holds. */
export interface TreeEntry {
  readonly key: string;
  readonly revision: Revision;
  readonly expiresAt: number | undefined;
  readonly value: StoredValue;
}

/** A child, and the least key it may hold. The first child of a node holds everything below the second. */
export interface Child {
  readonly from: string;
  readonly name: string;
}

export interface LeafMeta {
  readonly k: readonly string[];
  /** All revisions side by side, REVISION_LENGTH characters each. */
  readonly r: string;
  readonly x?: Readonly<Record<number, number>>;
  readonly v: ValueColumns;
  /** A scope's root names the one before it. */
  readonly old?: string;
}
export interface InnerMeta {
  readonly from: readonly string[];
  readonly c: readonly string[];
  readonly old?: string;
}

/** A leaf as it lies in its record: nothing of its values is unpacked before somebody reads one. */
export interface PackedLeaf {
  readonly keys: readonly string[];
  readonly revisions: string;
  readonly expiries: Readonly<Record<number, number>> | undefined;
  readonly columns: ValueColumns;
  readonly textBytes: Uint8Array;
  readonly parts: readonly Uint8Array[];
}
export type PackedNode = PackedLeaf | { readonly children: readonly Child[] };

export function decodePacked(key: Key, bytes: Uint8Array): PackedNode {
  const { meta, textBytes, parts } = decodeRecord(key, bytes);
  const node = meta as LeafMeta | InnerMeta; // written by encodeNode; the checksum vouches for it
  if ("c" in node) return { children: node.c.map((name, i) => ({ from: node.from[i] ?? "", name })) };
  return { keys: node.k, revisions: node.r, expiries: node.x, columns: node.v, textBytes, parts };
}

export function packedRevision(revisions: string, i: number): Revision {
  return revisions.slice(i * REVISION_LENGTH, (i + 1) * REVISION_LENGTH) as Revision; // packed from revisions only
}

export function leafValues({ columns, textBytes, parts }: PackedLeaf): (StoredValue | undefined)[] {
  return unpackValues({ columns, text: fromUtf8(textBytes), parts });
}

export function leafEntries(leaf: PackedLeaf): TreeEntry[] {
  const values = leafValues(leaf);
  return leaf.keys.flatMap((key, i) => {
    const value = values[i];
    if (value === undefined) return [];
    return [{ key, revision: packedRevision(leaf.revisions, i), expiresAt: leaf.expiries?.[i], value }];
  });
}
