import { REVISION_LENGTH } from "../ground/revision.ts";
import type { Key } from "../store/store.ts";
import { encodeRecord } from "./record.ts";
import type { Child, InnerMeta, LeafMeta, TreeEntry } from "./tree-node.ts";
import { isLarge, packValues, valueSize } from "./values.ts";

export type TreeNode =
  | { readonly leaf: true; readonly entries: readonly TreeEntry[] }
  | { readonly leaf: false; readonly children: readonly Child[] };

/** A block wants about this much text; it is divided above twice as much. */
export const BLOCK_TARGET = 16 * 1024;

export function encodeNode(key: Key, node: TreeNode, predecessor?: string): Uint8Array {
  const old = predecessor === undefined ? {} : { old: predecessor };
  if (!node.leaf) {
    const meta: InnerMeta = {
      from: node.children.map((c) => c.from),
      c: node.children.map((c) => c.name),
      ...old,
    };
    return encodeRecord(key, { meta, text: "", parts: [] });
  }
  const { entries } = node;
  const packed = packValues(entries.map((e) => e.value));
  const expiries = entries.flatMap((e, i) => (e.expiresAt === undefined ? [] : [[i, e.expiresAt]]));
  const meta: LeafMeta = {
    k: entries.map((e) => e.key),
    r: entries.map((e) => e.revision).join(""),
    ...(expiries.length === 0 ? {} : { x: Object.fromEntries(expiries) }),
    v: packed.columns,
    ...old,
  };
  return encodeRecord(key, { meta, text: packed.text, parts: packed.parts });
}

/** About how much room an entry takes in a block. */
export function entrySize(entry: TreeEntry): number {
  return entry.key.length + REVISION_LENGTH + 12 + (isLarge(entry.value) ? 48 : valueSize(entry.value));
}
