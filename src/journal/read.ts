import { equalBytes, fromUtf8 } from "../ground/bytes.ts";
import type { EncodedValue, ValueFormat } from "../ground/codec.ts";
import { isStateError, StateError } from "../ground/error.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Checkpoint } from "./head.ts";
import { HEAD_KEY, namedKey } from "./keys.ts";
import { readCheckpoint } from "./load.ts";
import { readRecords } from "./reader.ts";
import { corrupt, decodeRecord } from "./record.ts";
import type { JournalState } from "./state.ts";
import type { TailEntry } from "./tail.ts";
import { entries, leaves, lookup, type TreeRoot } from "./tree.ts";
import type { PackedLeaf } from "./tree-node.ts";
import { isLarge, type LargeValue, type StoredValue } from "./values.ts";

/** Checkpoints may move while a reader follows one; after so many times something else is wrong. */
export const ATTEMPTS = 20;

/** A record was not there: either the checkpoint has moved and is known now, or the record is lost. */
export async function follow(state: JournalState, missing: StateError): Promise<void> {
  const { head, headBytes, checkpointBytes } = state;
  if (head === undefined) return;
  const pointer = await readCheckpoint(state, head.epoch);
  const { revision } = pointer.checkpoint;
  const isSame = revision === state.checkpoint.revision && state.checkpointBytes === checkpointBytes;
  if (isSame) await refuseIfLost(state, headBytes, missing);
  // Only a checkpoint that this opening's tail reaches over may be taken, or commits between would be passed.
  if (revision > head.page || isSame) await state.catchUp();
  else if (revision >= state.checkpoint.revision && head.epoch === state.head?.epoch) {
    state.checkpoint = pointer.checkpoint;
    state.checkpointBytes = pointer.bytes;
  }
}

/** A record that pointers lead to is not there although they have not moved: it is lost, where reads are never old. */
async function refuseIfLost(
  { store }: JournalState,
  headBytes: Uint8Array | undefined,
  missing: StateError,
): Promise<void> {
  if (store.capabilities.consistency === "eventual") return;
  const [now] = await store.get([HEAD_KEY]);
  const { key = "" } = missing.facts;
  if (equalBytes(now, headBytes))
    throw corrupt(namedKey(key), "it is not there, though it is in use", missing);
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
      if (checkpoint === state.checkpoint) await follow(state, error);
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
export async function readEntry(
  state: JournalState,
  scope: ScopeText,
  key: string,
): Promise<TailEntry | undefined> {
  refuseQuarantined(state, scope);
  return reading(state, async () => {
    const found = await lookup(state.store, state.checkpoint.scopes, scope);
    const root: TreeRoot = found !== undefined && "text" in found.value ? found.value.text : null;
    const entry = root === null ? undefined : await lookup(state.store, root, key);
    return state.tail.entry(scope, key) ?? entry;
  });
}

/** Throws `corrupt` for a scope that a page which cannot be read has changed. */
export function refuseQuarantined({ quarantine }: JournalState, scope: ScopeText): void {
  const bad = quarantine.find((one) => one.scopes.includes(scope));
  if (bad === undefined) return;
  throw new StateError("corrupt", `scope ${scope} cannot be opened: ${bad.error.message}`, {
    ...bad.error.facts,
    scope,
    cause: bad.error,
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
  const { headBytes } = state;
  let found: readonly Uint8Array[];
  try {
    found = await readRecords(state.store, keys);
  } catch (error) {
    if (isStateError(error, "stale")) await refuseIfLost(state, headBytes, error);
    throw error;
  }
  return keys.map((key, i) => {
    const { meta, textBytes, parts } = decodeRecord(key, found[i] ?? new Uint8Array());
    const { format } = meta as { format: ValueFormat }; // written by append; the checksum vouches for it
    return { format, text: fromUtf8(textBytes), parts };
  });
}

export async function inlineValue(state: JournalState, value: StoredValue): Promise<EncodedValue> {
  if (!isLarge(value)) return value;
  const [loaded] = await loadLarge(state, [value]);
  return loaded as EncodedValue; // one result per value
}
