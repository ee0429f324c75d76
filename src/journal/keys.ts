import type { Revision } from "../ground/revision.ts";
import type { Key, KeyRange } from "../store/store.ts";

/**
 * Every storage key is made here. Only `head` and `checkpoint/<epoch>` are ever overwritten; all other names are
 * minted for one write and never used again.
 */
export const HEAD_KEY = "head" as Key;

/** The families of records; each is its own range of keys. */
export type Family = "j" | "t" | "v" | "s" | "b" | "m";

export function checkpointKey(epoch: Revision): Key {
  return `checkpoint/${epoch}` as Key;
}
/** A page, named by its last revision. */
export function pageKey(revision: Revision): Key {
  return `j/${revision}` as Key;
}
/** A staged page of a transaction. `n` counts from 0 and is padded, so that a range reads in order. */
export function stagedKey(transaction: Revision, n: number): Key {
  return `t/${transaction}/${pad(n)}` as Key;
}
/** A large value, named by the commit or transaction that brought it. */
export function valueKey(owner: Revision, n: number): Key {
  return `v/${owner}/${pad(n)}` as Key;
}
/** A derived record: a scope's root, a block, or a merged page. */
export function derivedKey(family: "s" | "b" | "m", mint: Revision, n: number): Key {
  return `${family}/${mint}/${pad(n)}` as Key;
}

function pad(n: number): string {
  return n.toString(32).padStart(5, "0");
}

/** The revision in a record's name. */
export function mintOf(key: Key): Revision {
  return (key.split("/")[1] ?? "") as Revision; // every name but `head` carries one, by the functions above
}

/** All names of a family that were minted after `mint`. */
export function familyAfter(family: Family, mint: Revision): KeyRange {
  return { from: `${family}/${mint}~` as Key, to: `${family}0` as Key }; // "0" follows "/"
}

/** The checkpoints of all epochs. */
export const CHECKPOINTS: KeyRange = { from: "checkpoint/" as Key, to: "checkpoint0" as Key };

/** The pages after `from` up to and with `to`. */
export function pageRange(from: Revision, to: Revision): KeyRange {
  return { from: `${pageKey(from)}~` as Key, to: `${pageKey(to)}~` as Key };
}

/** All pages after `from`. */
export function pagesAfter(from: Revision): KeyRange {
  return familyAfter("j", from);
}

/** None of these is there without a head. Blocks lie before them, but no tree is without a root. */
export const RECORDS: KeyRange = { from: "j/" as Key, to: "w" as Key };

/** A key that a record names. Records are checked by their checksum before anyone reads such a name. */
export function namedKey(text: string): Key {
  return text as Key;
}

/** Not a storage key but one of the correlation index: ids lead to the pages that carry them: `<id>\n<page>`, so that one id is a range. */
export function correlationKey(id: string, page: Revision | ""): string {
  return `${id}\n${page}`;
}
