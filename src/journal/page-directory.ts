import type { Revision } from "../ground/revision.ts";
import type { Key, Store } from "../store/store.ts";
import { withStaged } from "./chain.ts";
import { namedKey, pageKey } from "./keys.ts";
import { decodePage } from "./page.ts";
import { readRecords } from "./reader.ts";
import { decodeRecord } from "./record.ts";
import type { TailPage } from "./tail.ts";
import { entries, type TreeRoot } from "./tree.ts";

/**
 * The page directory finds old pages: a page's revision leads to the record that holds it, the page's own or a merged
 * one. A merged page holds the records of its pages as they were, so merging neither decodes nor seals anything again.
 */
export interface MergedMeta {
  readonly pages: readonly Revision[];
}

/** The pages after `from` that the directory lists, in order. */
export async function* mergedPages(store: Store, root: TreeRoot, from: Revision): AsyncGenerator<TailPage> {
  for await (const entry of entries(store, root, from)) {
    if (entry.key === from || !("text" in entry.value)) continue;
    for (const page of await pagesOf(store, namedKey(entry.value.text))) {
      if (page.page.revision > from) yield { ...page, page: await withStaged(store, page.page) };
    }
  }
}

async function pagesOf(store: Store, record: Key): Promise<TailPage[]> {
  const [bytes] = await readRecords(store, [record]);
  if (bytes === undefined) return [];
  if (record.startsWith("j/")) return [{ key: record, bytes, page: decodePage(record, bytes) }];
  const { meta, parts } = decodeRecord(record, bytes);
  const { pages } = meta as MergedMeta; // written by mergePages; the checksum vouches for it
  return pages.flatMap((revision, i) => {
    const part = parts[i];
    const key = pageKey(revision);
    return part === undefined ? [] : [{ key, bytes: part, page: decodePage(key, part) }];
  });
}
