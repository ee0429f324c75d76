import type { Key, Store } from "../store/store.ts";
import { namedKey } from "./keys.ts";
import { readRecords } from "./reader.ts";
import {
  type Child,
  decodePacked,
  leafEntries,
  type PackedLeaf,
  type PackedNode,
  type TreeEntry,
} from "./tree-node.ts";

/** Sorted copy-on-write trees of blocks: reading. A tree is the name of its root record, or null where it is empty. */
export type TreeRoot = string | null;

/** Inner nodes fetch this many children at a time, so that a large tree never lies in memory as bytes. */
const FETCH = 64;

async function nodes(store: Store, names: readonly string[]): Promise<PackedNode[]> {
  const keys = names.map(namedKey);
  const found = await readRecords(store, keys);
  return found.map((bytes, i) => decodePacked(keys[i] as Key, bytes)); // one result per key
}

/** The leaves that may hold keys from `from` on, in order. */
export async function* leaves(store: Store, root: TreeRoot, from = ""): AsyncGenerator<PackedLeaf> {
  if (root === null) return;
  const [node] = await nodes(store, [root]);
  if (node !== undefined) yield* below(store, node, from);
}

async function* below(store: Store, node: PackedNode, from: string): AsyncGenerator<PackedLeaf> {
  if (!("children" in node)) {
    yield node;
    return;
  }
  const names = node.children.slice(childAt(node.children, from)).map((child) => child.name);
  // A failure counts when its turn comes: whoever stops before that has no use for it.
  const fetch = (at: number) =>
    Promise.allSettled([readRecords(store, names.slice(at, at + FETCH).map(namedKey))]);
  let reading = fetch(0);
  for (let at = 0; at < names.length; at += FETCH) {
    const [read] = await reading;
    if (read.status === "rejected") throw read.reason;
    // The store reads on while these are looked at.
    reading = fetch(at + FETCH);
    for (const [i, bytes] of read.value.entries())
      yield* below(store, decodePacked(namedKey(names[at + i] ?? ""), bytes), from);
  }
}

/** Which child may hold `key`. */
function childAt(children: readonly Child[], key: string): number {
  let low = 0;
  let high = children.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((children[middle]?.from ?? "") <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Entries from `from` (included) up to `to` (excluded), in order. */
export async function* entries(
  store: Store,
  root: TreeRoot,
  from = "",
  to?: string,
): AsyncGenerator<TreeEntry> {
  for await (const leaf of leaves(store, root, from)) {
    for (const entry of leafEntries(leaf)) {
      if (to !== undefined && entry.key >= to) return;
      if (entry.key >= from) yield entry;
    }
  }
}

/** One entry, by one read a level. */
export async function lookup(store: Store, root: TreeRoot, key: string): Promise<TreeEntry | undefined> {
  let name = root;
  while (name !== null) {
    const [node]: PackedNode[] = await nodes(store, [name]);
    if (node === undefined) return undefined;
    if (!("children" in node)) return leafEntries(node).find((entry) => entry.key === key);
    name = node.children[childAt(node.children, key)]?.name ?? null;
  }
  return undefined;
}

/** A record of a tree, or with `isEntry` a text that an entry of it holds. */
export interface TreeName {
  readonly name: string;
  readonly isEntry: boolean;
}

/** The recent records of a tree and the texts in them. A parent is minted after its children, so the rest is cut. */
export async function* namesSince(
  store: Store,
  root: TreeRoot,
  isRecent: (name: string) => boolean,
): AsyncGenerator<TreeName> {
  if (root === null || !isRecent(root)) return;
  yield { name: root, isEntry: false };
  const [node] = await nodes(store, [root]);
  if (node === undefined) return;
  if ("children" in node) {
    for (const child of node.children) yield* namesSince(store, child.name, isRecent);
    return;
  }
  for (const { value } of leafEntries(node))
    if ("text" in value && value.text !== "") yield { name: value.text, isEntry: true };
}
