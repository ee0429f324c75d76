import { equalBytes } from "../ground/bytes.ts";
import { isStateError } from "../ground/error.ts";
import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Key, Write } from "../store/store.ts";
import { forksToKeep, noteForks } from "./forks.ts";
import { collect } from "./garbage.ts";
import { encodeGarbage, readGarbage } from "./garbage-list.ts";
import { type Checkpoint, encodeCheckpoint } from "./head.ts";
import { checkpointKey, correlationKey, derivedKey, mintOf, namedKey, pageKey } from "./keys.ts";
import { latestCheckpoint } from "./latest.ts";
import { readCheckpoint } from "./load.ts";
import { mergePages } from "./merge.ts";
import { commitPaced } from "./pace.ts";
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
  const pointer = await latestCheckpoint(state, head.epoch);
  if (pointer === undefined) return false;
  const isStrong = state.store.capabilities.consistency === "strong";
  const before = pointer.checkpoint;
  const pages = taken.flatMap((g) => g.pages).filter((p) => p.page.revision > before.revision);
  const through = pages.at(-1)?.page.revision;
  if (through === undefined) {
    state.checkpoint = before;
    state.checkpointBytes = pointer.bytes;
    state.tail.drop(taken);
    return false;
  }
  const since = state.ports.clock.elapsed();
  const known = new Set(state.garbage.flatMap((garbage) => garbage.keys));
  const found = (await readGarbage(state, before)).filter((key) => !known.has(key));
  // A list that is not visible yet goes all the same, in its time.
  if (!isStrong && found.length === 0 && before.garbage !== null) found.push(namedKey(before.garbage));
  if (!isStrong) await collect(state, head.epoch);
  const mint = state.mint.next(newestName(state, before));
  const work = treeWriter(mint);
  const deriving = async () => {
    const derived = await derive(state, before, pages, overlayOf(taken), work);
    if (isStrong) return derived;
    const onChain = new Set([...known, ...found, ...taken.flatMap((g) => g.pages).map(({ key }) => key)]);
    const forked = await forksToKeep(state, before, through, (page) => onChain.has(pageKey(page)));
    return { ...derived, forked };
  };
  const next = await unlessOvertaken(state, head.epoch, pointer.bytes, deriving());
  if (next === undefined) return false;
  const garbage = [...state.garbage, { keys: [...found, ...work.superseded], since }];
  const list = work.name(false);
  const listed = garbage.flatMap((one) => one.keys);
  work.written.set(list, encodeGarbage(list, listed));
  const horizon = state.swept > before.horizon ? state.swept : before.horizon;
  const moved: Checkpoint = { ...before, ...next, revision: through, garbage: list, horizon };
  let isMoved = false;
  try {
    isMoved = await write(state, head.epoch, pointer.bytes, moved, work.written);
  } finally {
    if (!isMoved) state.failed.push(through);
  }
  if (!isMoved) return false;
  state.tail.drop(taken);
  if (moved.forked !== undefined) noteForks(state, moved.forked, through);
  state.garbage = garbage;
  if (isStrong) {
    state.garbage = [{ keys: [...listed, list], since }];
    await collect(state, head.epoch);
  }
  return true;
}

/** Undefined where a record is missing because another writer's checkpoint has put it out of use meanwhile. */
async function unlessOvertaken<T>(
  state: JournalState,
  epoch: Revision,
  pointer: Uint8Array | undefined,
  deriving: Promise<T>,
): Promise<T | undefined> {
  try {
    return await deriving;
  } catch (error) {
    if (!isStateError(error, "stale")) throw error;
    const now = await readCheckpoint(state, epoch);
    if (equalBytes(now.bytes, pointer)) throw error;
    return undefined;
  }
}

/**
 * A parent must be minted after its children, also where another writer's clock was ahead when it wrote them. The list
 * of garbage is minted with a checkpoint's records, hence after all that the checkpoint leads to.
 */
function newestName(state: JournalState, before: Checkpoint): Revision {
  const head = headRevision(state);
  const list = before.garbage === null ? head : mintOf(namedKey(before.garbage));
  return list > head ? list : head;
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
  const outcome = await commitPaced(state, { writes, swap: { key: checkpointKey(epoch), from, to } });
  if (outcome === "conflict") return false;
  state.checkpoint = moved;
  state.checkpointBytes = to;
  return true;
}
