import type { EncodedValue, ValueFormat } from "../ground/codec.ts";
import { isStateError } from "../ground/error.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Checkpoint } from "./head.ts";
import { namedKey } from "./keys.ts";
import { readRecords } from "./reader.ts";
import { corrupt, decodeRecord } from "./record.ts";
import { readCheckpoint } from "./refresh.ts";
import type { JournalState } from "./state.ts";
import type { TailEntry } from "./tail.ts";
import { entries, leaves, lookup, type TreeRoot } from "./tree.ts";
import type { PackedLeaf } from "./tree-node.ts";
import { isLarge, type LargeValue, type StoredValue } from "./values.ts";

/** Checkpoints may move while a reader follows one; after so many times something else is wrong. */
export const ATTEMPTS = 20;

/** A record was not there: either the checkpoint has moved and is known now, or the record is lost. */
export async function follow(state: JournalState): Promise<void> {
  const { head, checkpointBytes } = state;
  if (head === undefined) return;
  const pointer = await readCheckpoint(state, head.epoch);
  const isSame =
    pointer.checkpoint.revision === state.checkpoint.revision && state.checkpointBytes === checkpointBytes;
  if (isSame && state.store.capabilities.consistency === "strong") {
    throw corrupt(namedKey(`checkpoint/${head.epoch}`), "records that it leads to are missing");
  }
  // Only a checkpoint that this opening's tail reaches over may be taken, or commits between would be passed.
  const { revision } = pointer.checkpoint;
  if (revision <= head.page && revision >= state.checkpoint.revision && head.epoch === state.head?.epoch) {
    state.checkpoint = pointer.checkpoint;
    state.checkpointBytes = pointer.bytes;
  }
}

/** Runs a reading of trees; if records are missing, again with the checkpoint as it is then. */
export async function reading<T>(state: JournalState, read: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const { checkpoint } = state;
    try {
      const result = await read();
      if (checkpoint === state.checkpoint || attempt >= ATTEMPTS) return result;
    } catch (error) {
      if (!isStateError(error, "stale") || attempt >= ATTEMPTS) throw error;
      if (checkpoint === state.checkpoint) await follow(state);
    }
  }
}

/** A scope's blocks, and the checkpoint they belong to: what the tail says on top of it is only in place while it stands. */
export interface ScopeBlocks {
  readonly leaves: readonly PackedLeaf[];
  readonly checkpoint: Checkpoint;
}

export function scopeBlocks(state: JournalState, scope: ScopeText): Promise<ScopeBlocks> {
  return reading(state, async () => {
    const { checkpoint } = state;
    const found = await lookup(state.store, checkpoint.scopes, scope);
    const root: TreeRoot = found !== undefined && "text" in found.value ? found.value.text : null;
    const all: PackedLeaf[] = [];
    for await (const leaf of leaves(state.store, root)) all.push(leaf);
    return { leaves: all, checkpoint };
  });
}

/** One key of a scope, without loading the scope. */
export function readEntry(
  state: JournalState,
  scope: ScopeText,
  key: string,
): Promise<TailEntry | undefined> {
  return reading(state, async () => {
    const found = await lookup(state.store, state.checkpoint.scopes, scope);
    const root: TreeRoot = found !== undefined && "text" in found.value ? found.value.text : null;
    const entry = root === null ? undefined : await lookup(state.store, root, key);
    return state.tail.entry(scope, key) ?? entry;
  });
}

/** The scopes that have or had entries, sorted. */
export function listScopes(state: JournalState): Promise<ScopeText[]> {
  return reading(state, async () => {
    const scopes = new Set<ScopeText>();
    for await (const { key } of entries(state.store, state.checkpoint.scopes)) scopes.add(key);
    for (const { overlay } of state.tail.generations) for (const scope of overlay.keys()) scopes.add(scope);
    return [...scopes].sort();
  });
}

export async function loadLarge(state: JournalState, values: readonly LargeValue[]): Promise<EncodedValue[]> {
  const keys = values.map((value) => value.large);
  const found = await readRecords(state.store, keys);
  return keys.map((key, i) => {
    const { meta, text, parts } = decodeRecord(key, found[i] ?? new Uint8Array());
    const { format } = meta as { format: ValueFormat }; // written by append; the checksum vouches for it
    return { format, text, parts };
  });
}

export async function inlineValue(state: JournalState, value: StoredValue): Promise<EncodedValue> {
  if (!isLarge(value)) return value;
  const [loaded] = await loadLarge(state, [value]);
  return loaded as EncodedValue; // one result per value
}
