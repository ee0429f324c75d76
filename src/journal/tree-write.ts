import { EMPTY_BYTES } from "../ground/bytes.ts";
import type { Key, Store } from "../store/store.ts";
import { namedKey } from "./keys.ts";
import { readRecords } from "./reader.ts";
import type { TreeRoot } from "./tree.ts";
import { BLOCK_TARGET, encodeNode, entrySize } from "./tree-encode.ts";
import { type Child, decodePacked, leafEntries, type TreeEntry } from "./tree-node.ts";

/** What becomes of one key: an entry, or undefined where it goes. */
export type TreeChange = readonly [key: string, entry: TreeEntry | undefined];

/** Where new records go, and what they replace. Nothing is written or deleted here. */
export interface TreeWriter {
  /** A name for a new record; never used before. */
  name(isRoot: boolean): Key;
  readonly written: Map<Key, Uint8Array>;
  readonly superseded: Key[];
}

/** A node that was made but has no record yet, or one that stands as it is. */
type Piece =
  | { readonly from: string; readonly entries: readonly TreeEntry[] }
  | { readonly from: string; readonly children: readonly Child[] }
  | (Child & { readonly name: string });

/**
 * A new tree with the changes, copying only what they touch. `changes` are sorted by key, each key once.
 * Children are written before their parents, and their names are in them.
 */
export async function applyToTree(
  store: Store,
  root: TreeRoot,
  changes: readonly TreeChange[],
  writer: TreeWriter,
  predecessor?: string,
): Promise<TreeRoot> {
  if (changes.length === 0) return root;
  let level: Piece[];
  if (root === null) level = mergedLeaf("", [], changes);
  else {
    const [bytes] = await readRecords(store, [namedKey(root)]);
    level = await change(store, { from: "", name: root }, bytes, changes, writer);
  }
  while (level.length > 1) {
    const children = level.map((piece) => seal(piece, writer, false));
    level = divideChildren("", children);
  }
  const [top] = level;
  return top === undefined ? null : seal(top, writer, true, predecessor).name;
}

async function change(
  store: Store,
  child: Child,
  bytes: Uint8Array | undefined,
  changes: readonly TreeChange[],
  writer: TreeWriter,
): Promise<Piece[]> {
  const key = namedKey(child.name);
  const node = decodePacked(key, bytes ?? EMPTY_BYTES);
  writer.superseded.push(key);
  if (!("children" in node)) return mergedLeaf(child.from, leafEntries(node), changes);
  const shares = divideAmong(node.children, changes);
  const touched = node.children.filter((_, i) => (shares[i]?.length ?? 0) > 0);
  const found = await readRecords(
    store,
    touched.map((below) => namedKey(below.name)),
  );
  const pieces: Piece[] = [];
  let at = 0;
  for (const [i, below] of node.children.entries()) {
    const share = shares[i] ?? [];
    if (share.length === 0) pieces.push(below);
    else pieces.push(...(await change(store, below, found[at++], share, writer)));
  }
  const children = joinSmall(child.from, pieces).map((piece) => seal(piece, writer, false));
  return divideChildren(child.from, children);
}

function divideAmong(children: readonly Child[], changes: readonly TreeChange[]): TreeChange[][] {
  let at = 0;
  return children.map((_, i) => {
    const next = children[i + 1]?.from;
    const start = at;
    while (at < changes.length && (next === undefined || (changes[at]?.[0] ?? "") < next)) at++;
    return changes.slice(start, at);
  });
}

/** Neighbouring new leaves that became small are joined, so that deletions do not leave crumbs. */
function joinSmall(from: string, pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (
      last &&
      "entries" in last &&
      "entries" in piece &&
      sizeOf(last.entries) + sizeOf(piece.entries) < BLOCK_TARGET
    ) {
      joined[joined.length - 1] = { from: last.from, entries: [...last.entries, ...piece.entries] };
    } else joined.push(piece);
  }
  // The first child holds everything below the second, whatever became of the one that stood there.
  const [first, ...rest] = joined;
  return first === undefined ? [] : [{ ...first, from }, ...rest];
}

const sizeOf = (entries: readonly TreeEntry[]): number =>
  entries.reduce((sum, entry) => sum + entrySize(entry), 0);

function mergedLeaf(from: string, old: readonly TreeEntry[], changes: readonly TreeChange[]): Piece[] {
  const merged: TreeEntry[] = [];
  let at = 0;
  for (const [key, entry] of changes) {
    while (at < old.length && (old[at]?.key ?? "") < key) merged.push(old[at++] as TreeEntry); // at is in bounds
    if (old[at]?.key === key) at++;
    if (entry !== undefined) merged.push(entry);
  }
  while (at < old.length) merged.push(old[at++] as TreeEntry);
  return divideLeaf(from, merged);
}

function divideLeaf(from: string, entries: readonly TreeEntry[]): Piece[] {
  const total = sizeOf(entries);
  if (entries.length === 0) return [];
  if (total <= BLOCK_TARGET * 2) return [{ from, entries }];
  const share = total / Math.ceil(total / BLOCK_TARGET);
  const pieces: Piece[] = [];
  let run: TreeEntry[] = [];
  let size = 0;
  for (const entry of entries) {
    if (run.length > 0 && size + entrySize(entry) / 2 > share) {
      pieces.push({ from: pieces.length === 0 ? from : (run[0]?.key ?? from), entries: run });
      run = [];
      size = 0;
    }
    run.push(entry);
    size += entrySize(entry);
  }
  pieces.push({ from: pieces.length === 0 ? from : (run[0]?.key ?? from), entries: run });
  return pieces;
}

const CHILDREN = 256;

function divideChildren(from: string, children: readonly Child[]): Piece[] {
  if (children.length === 0) return [];
  const [only] = children;
  if (children.length === 1 && only !== undefined) return [{ ...only, from }];
  const groups = Math.ceil(children.length / CHILDREN);
  const share = Math.ceil(children.length / groups);
  const pieces: Piece[] = [];
  for (let at = 0; at < children.length; at += share) {
    const run = children.slice(at, at + share);
    pieces.push({ from: at === 0 ? from : (run[0]?.from ?? from), children: run });
  }
  return pieces;
}

function seal(piece: Piece, writer: TreeWriter, isRoot: boolean, predecessor?: string): Child {
  if ("name" in piece) return piece;
  const key = writer.name(isRoot);
  const node =
    "entries" in piece
      ? ({ leaf: true, entries: piece.entries } as const)
      : ({ leaf: false, children: piece.children } as const);
  writer.written.set(key, encodeNode(key, node, predecessor));
  return { from: piece.from, name: key };
}
