import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { Key, Store } from "../store/store.ts";
import { withStaged } from "./chain.ts";
import { namedKey, pageKey } from "./keys.ts";
import { decodePage } from "./page.ts";
import { readRecords } from "./reader.ts";
import { decodeRecord, encodeRecord } from "./record.ts";
import type { TailPage } from "./tail.ts";
import { entries, type TreeRoot } from "./tree.ts";
import type { TreeChange } from "./tree-write.ts";

/**
 * The page directory finds old pages: a page's revision leads to the record that holds it, the page's own or a merged
 * one. A merged page holds the records of its pages as they were, so merging neither decodes nor seals anything again.
 */
interface MergedMeta {
  readonly pages: readonly Revision[];
}

/** Merged pages grow to about this many bytes; a page of at least half of it stays where it is. */
const MERGED_BYTES = 64 * 1024;

export interface Merging {
  readonly directory: readonly TreeChange[];
  readonly written: ReadonlyMap<Key, Uint8Array>;
  /** The pages' own records, once the directory leads to the merged ones. */
  readonly superseded: readonly Key[];
}

/** Gathers small pages into merged ones. `name` gives a new record's name. */
export function mergePages(pages: readonly TailPage[], name: () => Key): Merging {
  const directory: TreeChange[] = [];
  const written = new Map<Key, Uint8Array>();
  const superseded: Key[] = [];
  let run: TailPage[] = [];
  let size = 0;
  const list = (page: TailPage, record: Key) =>
    directory.push([
      page.page.revision,
      {
        key: page.page.revision,
        revision: REVISION_ZERO,
        expiresAt: undefined,
        value: { format: 0, text: record, parts: [] },
      },
    ]);
  const flush = () => {
    const [only, second] = run;
    if (only !== undefined && second === undefined) list(only, only.key);
    else if (only !== undefined) {
      const record = name();
      const meta: MergedMeta = { pages: run.map((p) => p.page.revision) };
      written.set(record, encodeRecord(record, { meta, text: "", parts: run.map((p) => p.bytes) }));
      const last = run.at(-1);
      if (last !== undefined) list(last, record);
      superseded.push(...run.map((p) => p.key));
    }
    run = [];
    size = 0;
  };
  for (const page of pages) {
    if (size + page.bytes.length > MERGED_BYTES) flush();
    run.push(page);
    size += page.bytes.length;
  }
  flush();
  return { directory, written, superseded };
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
