import { defaultPorts } from "../../src/ground/ports.ts";
import { REVISION_ZERO } from "../../src/ground/revision.ts";
import { openJournal } from "../../src/journal/journal.ts";
import { checkpointKey, HEAD_KEY, mintOf, namedKey, stagedKey } from "../../src/journal/keys.ts";
import { mergedPages } from "../../src/journal/page-directory.ts";
import type { JournalState } from "../../src/journal/state.ts";
import { entries, leaves, namesSince, type TreeRoot } from "../../src/journal/tree.ts";
import { leafValues } from "../../src/journal/tree-node.ts";
import { isLarge, type StoredValue } from "../../src/journal/values.ts";
import { guard } from "../../src/store/guard.ts";
import { manifestIn, partKeys } from "../../src/store/manifest.ts";
import { withParts } from "../../src/store/parts.ts";
import type { Key } from "../../src/store/store.ts";
import type { DegradedBackend } from "../../src/testing.ts";

/** What lies in a store, against what its pointers lead to. */
export interface Audit {
  /** Records that nothing leads to: garbage. */
  readonly unreachable: readonly Key[];
  /** Records that something leads to and that are not there: a loss. */
  readonly missing: readonly Key[];
  /** Records by family, such as `j` or `s`. */
  readonly families: Readonly<Record<string, number>>;
}

/**
 * Walks all pointers of what is really stored, history included. What a list of garbage names is unreachable, and so is
 * the list: both are gone when a checkpoint has ended well.
 */
export async function audit(backend: DegradedBackend): Promise<Audit> {
  backend.settle();
  const guarded = await guard(backend.adapter(), { readOnly: true });
  const { store } = withParts(guarded, () => "audit");
  const journal = await openJournal(store, defaultPorts);
  const reached = new Set<Key>();
  if (journal.head !== undefined) await reach(journal, reached);
  await guarded.close();

  const stored = backend.contents();
  for (const key of [...reached]) {
    const manifest = manifestIn(stored.get(key));
    if (manifest !== undefined) for (const part of partKeys(manifest, key)) reached.add(part);
  }
  const families: Record<string, number> = {};
  for (const key of stored.keys()) {
    const family = key.split("/")[0] ?? "";
    families[family] = (families[family] ?? 0) + 1;
  }
  return {
    unreachable: [...stored.keys()].filter((key) => !reached.has(key)).sort(),
    missing: [...reached].filter((key) => !stored.has(key)).sort(),
    families,
  };
}

async function reach(journal: JournalState, reached: Set<Key>): Promise<void> {
  const { store, head, checkpoint, tail } = journal;
  reached.add(HEAD_KEY);
  if (head !== undefined) reached.add(checkpointKey(head.epoch));
  const value = (stored: StoredValue | undefined) => {
    if (stored !== undefined && isLarge(stored)) reached.add(stored.large);
  };
  const tree = async (root: TreeRoot) => {
    for await (const { name, isEntry } of namesSince(store, root, () => true))
      if (!isEntry) reached.add(namedKey(name));
  };
  for (const root of [checkpoint.scopes, checkpoint.pages, checkpoint.correlations]) await tree(root);
  for await (const entry of entries(store, checkpoint.scopes)) {
    const root = "text" in entry.value ? entry.value.text : null;
    await tree(root);
    for await (const leaf of leaves(store, root)) for (const one of leafValues(leaf)) value(one);
  }
  for await (const entry of entries(store, checkpoint.pages))
    if ("text" in entry.value) reached.add(namedKey(entry.value.text));
  const old = [];
  for await (const page of mergedPages(store, checkpoint.pages, REVISION_ZERO)) old.push(page);
  for (const { key, page } of [...old, ...tail.pages()]) {
    if (page.revision > checkpoint.revision) reached.add(key);
    for (const commit of page.commits) for (const change of commit.changes) value(change.value);
    const { staged } = page;
    for (let n = 0; n < (staged?.pages ?? 0); n++)
      reached.add(stagedKey(staged?.transaction ?? mintOf(key), n));
  }
}
