import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Key, Write } from "../store/store.ts";
import { fence } from "./append.ts";
import { encodeGarbage, readGarbage } from "./garbage.ts";
import { type Checkpoint, encodeCheckpoint } from "./head.ts";
import { checkpointKey, derivedKey, namedKey } from "./keys.ts";
import { mergePages } from "./page-directory.ts";
import { readCheckpoint } from "./refresh.ts";
import { headRevision, type JournalState } from "./state.ts";
import { type Generation, indexedIds, type Overlay, type TailEntry, type TailPage } from "./tail.ts";
import { lookup, type TreeRoot } from "./tree.ts";
import { applyToTree, type TreeChange, type TreeWriter } from "./tree-write.ts";

/** New records of a checkpoint are written in commits of about this many bytes, so that they hold nobody up. */
const STEP_BYTES = 1024 * 1024;

/**
 * Derives blocks, directories and indexes from the tail, then moves the checkpoint pointer over it.
 *
 * New records first, then the pointer, then, behind a fence, the deletion of what nothing leads to any more. A crash at
 * any point leaves the old checkpoint or the new one, and at worst records that nobody names. False where there was
 * nothing to do or another writer was faster. One at a time in one opening.
 */
export async function checkpoint(state: JournalState): Promise<boolean> {
  const { head } = state;
  if (head === undefined || state.readOnly !== undefined || state.quarantine.length > 0) return false;
  const taken = state.tail.cut();
  if (taken.length === 0) return false;
  const pointer = await readCheckpoint(state, head.epoch);
  const before = pointer.checkpoint;
  if (before.revision > headRevision(state)) return false; // another writer is ahead; its pages come first
  const pages = taken.flatMap((g) => g.pages).filter((p) => p.page.revision > before.revision);
  const through = pages.at(-1)?.page.revision;
  if (through === undefined) {
    state.checkpoint = before;
    state.checkpointBytes = pointer.bytes;
    state.tail.drop(taken);
    return false;
  }
  await collectAged(state);
  const known = new Set(state.garbage);
  if (before.garbage !== state.collected)
    for (const key of await readGarbage(state.store, before)) known.add(key);
  const mint = state.mint.next(headRevision(state));
  const work = treeWriter(mint);
  const next = await derive(state, before, pages, overlayOf(taken), work);
  if (before.garbage !== null) known.add(namedKey(before.garbage));
  const garbage = [...known, ...work.superseded];
  const list = work.name(false);
  work.written.set(list, encodeGarbage(list, garbage));
  const moved: Checkpoint = { ...before, ...next, revision: through, garbage: list };
  if (!(await write(state, head.epoch, pointer.bytes, moved, work.written))) return false;
  state.tail.drop(taken);
  state.garbage = garbage;
  state.garbageSince = state.ports.clock.elapsed();
  if (state.store.capabilities.consistency === "strong") await collect(state);
  return true;
}

function treeWriter(mint: Revision): TreeWriter & { merged(): Key } {
  let made = 0;
  return {
    name: (isRoot) => derivedKey(isRoot ? "s" : "b", mint, made++),
    merged: () => derivedKey("m", mint, made++),
    written: new Map(),
    superseded: [],
  };
}

/** All that the tail says, newest last. */
function overlayOf(taken: readonly Generation[]): Overlay {
  const [only, second] = taken;
  if (only !== undefined && second === undefined) return only.overlay;
  const all: Overlay = new Map();
  for (const { overlay } of taken) {
    for (const [scope, changes] of overlay) {
      const into = all.get(scope) ?? new Map<string, TailEntry>();
      for (const [key, entry] of changes) into.set(key, entry);
      all.set(scope, into);
    }
  }
  return all;
}

async function derive(
  state: JournalState,
  before: Checkpoint,
  pages: readonly TailPage[],
  overlay: Overlay,
  work: TreeWriter & { merged(): Key },
): Promise<Pick<Checkpoint, "scopes" | "pages" | "correlations">> {
  const { store } = state;
  const merging = mergePages(pages, work.merged);
  for (const [key, bytes] of merging.written) work.written.set(key, bytes);
  const directory: TreeChange[] = [];
  for (const scope of [...overlay.keys()].sort(byText)) {
    const found = await lookup(store, before.scopes, scope);
    const root: TreeRoot = found !== undefined && "text" in found.value ? found.value.text : null;
    const changed = await applyToTree(store, root, changesOf(overlay.get(scope)), work, root ?? undefined);
    directory.push([scope, changed === null ? undefined : pointing(scope, changed)]);
  }
  const scopes = await applyToTree(store, before.scopes, directory, work);
  const pagesRoot = await applyToTree(store, before.pages, merging.directory, work);
  const correlations = await applyToTree(store, before.correlations, correlationChanges(pages), work);
  work.superseded.push(...merging.superseded);
  return { scopes, pages: pagesRoot, correlations };
}

const byText = (a: ScopeText, b: ScopeText): number => (a < b ? -1 : a > b ? 1 : 0);

function pointing(key: string, name: string): NonNullable<TreeChange[1]> {
  return { key, revision: REVISION_ZERO, expiresAt: undefined, value: { format: 0, text: name, parts: [] } };
}

function changesOf(overlay: ReadonlyMap<string, TailEntry> | undefined): TreeChange[] {
  return [...(overlay ?? [])]
    .sort(([a], [b]) => byText(a, b))
    .map(([key, { revision, expiresAt, value }]) => [
      key,
      value === undefined ? undefined : { key, revision, expiresAt, value },
    ]);
}

/** Correlation ids lead to the pages that carry them: `<id>\n<page>`, so that one id is a range. */
export function correlationKey(id: string, page: Revision | ""): string {
  return `${id}\n${page}`;
}

function correlationChanges(pages: readonly TailPage[]): TreeChange[] {
  const keys = pages.flatMap(({ page }) =>
    [...indexedIds(page)].map((id) => correlationKey(id, page.revision)),
  );
  return keys.sort(byText).map((key) => [key, pointing(key, "")]);
}

async function write(
  state: JournalState,
  epoch: Revision,
  from: Uint8Array | undefined,
  moved: Checkpoint,
  written: ReadonlyMap<Key, Uint8Array>,
): Promise<boolean> {
  let writes: Write[] = [];
  let size = 0;
  for (const [put, value] of written) {
    writes.push({ put, value });
    size += value.length;
    if (size < STEP_BYTES) continue;
    await state.store.commit({ writes });
    writes = [];
    size = 0;
  }
  const to = encodeCheckpoint(epoch, moved);
  const outcome = await state.store.commit({ writes, swap: { key: checkpointKey(epoch), from, to } });
  if (outcome === "conflict") return false;
  state.checkpoint = moved;
  state.checkpointBytes = to;
  return true;
}

/**
 * Deletes what no pointer leads to, once the head was moved after the checkpoint: a writer that begins a new epoch from
 * an older checkpoint loses its swap then, so nobody will lead to these records again.
 */
export async function collect(state: JournalState): Promise<void> {
  if (state.garbage.length === 0) return;
  if (!(await state.turn.run(() => fence(state)))) return;
  const keys = state.garbage;
  await state.store.commit({ writes: keys.map((key) => ({ delete: key })) });
  state.garbage = [];
  state.collected = state.checkpoint.garbage;
}

/** Readers of an eventual store may still follow old pointers: records wait twice the store's staleness. */
async function collectAged(state: JournalState): Promise<void> {
  const { consistency, stalenessMs } = state.store.capabilities;
  if (consistency === "strong") return;
  if (state.ports.clock.elapsed() - state.garbageSince >= 2 * stalenessMs) await collect(state);
}
