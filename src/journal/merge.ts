import { REVISION_ZERO } from "../ground/revision.ts";
import type { Key } from "../store/store.ts";
import type { MergedMeta } from "./page-directory.ts";
import { encodeRecord } from "./record.ts";
import type { TailPage } from "./tail.ts";
import type { TreeChange } from "./tree-write.ts";

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
