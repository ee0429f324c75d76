/**
 * Lets the engine write values and batches of any size to a store with limits.
 *
 * A value that is too large is stored as parts under names used once, `p/<name>/<n>/<owner's key>`, and a manifest
 * in its place. The parts land before the manifest, so a manifest never names what was not written; a crash, or an
 * owner that is overwritten, leaves parts that `orphans` finds. A commit that is too large is divided.
 */
import { StateError } from "../ground/error.ts";
import { hasLimits, UNLIMITED } from "./capabilities.ts";
import { commitDivided } from "./divide.ts";
import * as manifests from "./manifest.ts";
import type { Entry, Key, KeyRange, ScanOptions, Store, Write } from "./store.ts";

/** What a part's key may take of a batch's bytes. */
const KEY_BYTES = 512;
/** How often a read starts again because the parts it was sent to were deleted meanwhile. */
const READ_ROUNDS = 8;
/** All parts, and nothing else: "0" follows "/". */
const PARTS: KeyRange = { from: "p/" as Key, to: "p0" as Key };

export interface PartedStore {
  /**
   * Takes values and batches of any size. Keys below `p/` are its own: it hides them and refuses to read or write
   * them; orphans may be deleted through it.
   */
  readonly store: Store;
  /**
   * Parts that no value names now. A part whose manifest is still on its way is among them: delete only what was
   * listed both before and after the fence that makes its writer start again.
   */
  orphans(): AsyncIterable<Key>;
}

/**
 * `mint` gives a name that was never given before, from the alphabet of keys, without "/".
 *
 * Costs nothing where nothing is limited, and a byte for each value where values are: stores with and without that
 * byte are not interchangeable, so an adapter's `maxValueBytes` is part of its format.
 */
export function withParts(store: Store, mint: () => string): PartedStore {
  const { maxBatch, maxValueBytes } = store.capabilities;
  const partBytes = Math.min(maxValueBytes, maxBatch.bytes - KEY_BYTES);
  const splits = partBytes < UNLIMITED;
  if (partBytes <= 0)
    throw new TypeError(`A batch must take more than ${KEY_BYTES} bytes, not ${maxBatch.bytes}`);
  if (!hasLimits(store.capabilities)) return { store, orphans: nothing };

  const unlimited: Store = {
    ...store,
    capabilities: {
      ...store.capabilities,
      maxValueBytes: UNLIMITED,
      maxBatch: { count: UNLIMITED, bytes: UNLIMITED },
    },
    commit: (batch) => commitDivided(store, batch),
  };
  if (!splits) return { store: unlimited, orphans: nothing };
  const commit = partingCommit(store, mint, partBytes);
  const get = joiningGet(store);
  return {
    store: { ...unlimited, get, scan: joiningScan(store, get), commit },
    orphans: () => orphans(store),
  };
}

async function* nothing(): AsyncGenerator<never> {
  // A store without limits has no parts.
}

function partingCommit(store: Store, mint: () => string, partBytes: number): Store["commit"] {
  /** Deletions look for parts only where there are some. `undefined` until the first one asks. */
  let hasParts: boolean | undefined;

  function put(key: Key, value: Uint8Array): Write[] {
    if (value.length < partBytes) return [{ put: key, value: manifests.inline(value) }];
    hasParts = true;
    const manifest = manifests.manifestFor(mint(), value, partBytes);
    const parts = manifests.partKeys(manifest, key).map((part, n) => ({
      put: part,
      value: value.subarray(n * partBytes, (n + 1) * partBytes),
    }));
    return [...parts, { put: key, value: manifests.encodeManifest(manifest) }];
  }

  /** The parts of those owners that were split. Those of another writer's later values are left to the sweep. */
  async function partsOf(owners: readonly Key[]): Promise<Map<Key, Key[]>> {
    const parts = new Map<Key, Key[]>();
    if (owners.length === 0) return parts;
    hasParts ??= await some(store, PARTS);
    if (!hasParts) return parts;
    const stored = await store.get(owners);
    for (const [i, owner] of owners.entries()) {
      const manifest = manifests.manifestIn(stored[i]);
      if (manifest !== undefined) parts.set(owner, manifests.partKeys(manifest, owner));
    }
    return parts;
  }

  return async ({ writes, swap }) => {
    for (const write of writes) if ("put" in write) refusePart(write.put);
    const parts = await partsOf(writes.flatMap((write) => ("delete" in write ? [write.delete] : [])));
    const stored = writes.flatMap((write): Write[] => {
      if ("put" in write) return put(write.put, write.value);
      // The owner first: parts without an owner are garbage, an owner without its parts is a loss.
      return [write, ...(parts.get(write.delete) ?? []).map((part) => ({ delete: part }))];
    });
    if (swap === undefined) return commitDivided(store, { writes: stored });
    refusePart(swap.key);
    if (swap.to.length >= partBytes) {
      throw new TypeError(`The value of ${swap.key} is swapped and cannot be split: ${swap.to.length} bytes`);
    }
    const from = swap.from && manifests.inline(swap.from);
    return commitDivided(store, {
      writes: stored,
      swap: { key: swap.key, from, to: manifests.inline(swap.to) },
    });
  };
}

function joiningGet(store: Store): Store["get"] {
  return async (keys, signal) => {
    for (const key of keys) refusePart(key);
    let missingBefore: string | undefined;
    for (let round = 0; round < READ_ROUNDS; round++) {
      const stored = await store.get(keys, signal);
      const values: (Uint8Array | undefined)[] = [];
      let missing: { key: Key; name: string } | undefined;
      for (const [i, key] of keys.entries()) {
        const bytes = stored[i];
        const manifest = manifests.manifestIn(bytes);
        if (manifest === undefined) {
          values.push(bytes && manifests.inlineIn(bytes, key));
          continue;
        }
        const parts = await store.get(manifests.partKeys(manifest, key), signal);
        const present = parts.filter((part) => part !== undefined);
        if (present.length < parts.length) {
          missing = { key, name: manifest.name };
          break;
        }
        values.push(manifests.joined(manifest, present, key));
      }
      if (missing === undefined) return values;
      // Deleted with their owner since it was read? Then it names them no more, and all is read again, as one read.
      if (missing.name === missingBefore) throw absentParts(store, missing.key);
      missingBefore = missing.name;
    }
    const message = "The values were replaced again and again while they were read. Try again.";
    throw new StateError("stale", message, { key: keys[0] });
  };
}

function joiningScan(store: Store, get: Store["get"]): Store["scan"] {
  return async function* (range, options: ScanOptions = {}) {
    let left = range.limit ?? Number.POSITIVE_INFINITY;
    for (const piece of aroundParts(range)) {
      if (left <= 0) return;
      const limited = range.limit === undefined ? piece : { ...piece, limit: left };
      for await (const chunk of store.scan(limited, options)) {
        left -= chunk.length;
        if (options.keysOnly) yield chunk;
        else yield* joinedChunks(chunk);
      }
    }

    async function* joinedChunks(chunk: readonly Entry[]): AsyncGenerator<readonly Entry[]> {
      let whole: Entry[] = [];
      for (const { key, value } of chunk) {
        if (manifests.manifestIn(value) === undefined) {
          whole.push({ key, value: manifests.inlineIn(value, key) });
          continue;
        }
        if (whole.length > 0) yield whole;
        whole = [];
        // A split value is a chunk of its own, for the sake of the budget. It may be gone by now.
        const [large] = await get([key], options.signal);
        if (large !== undefined) yield [{ key, value: large }];
      }
      if (whole.length > 0) yield whole;
    }
  };
}

/** The pieces of `range` outside the parts, in its own direction. */
function aroundParts(range: KeyRange): KeyRange[] {
  const { from, to } = PARTS;
  const below = { ...range, to: range.to < from ? range.to : from };
  const above = { ...range, from: range.from > to ? range.from : to };
  const pieces = range.reverse ? [above, below] : [below, above];
  return pieces.filter((piece) => piece.from < piece.to);
}

async function* orphans(store: Store): AsyncGenerator<Key> {
  for await (const chunk of store.scan(PARTS, { keysOnly: true })) {
    const owners = [...new Set(chunk.map(({ key }) => manifests.partOf(key).owner))];
    const stored = await store.get(owners);
    const live = new Map(owners.map((owner, i) => [owner, manifests.manifestIn(stored[i])?.name]));
    for (const { key } of chunk) {
      const { name, owner } = manifests.partOf(key);
      if (live.get(owner) !== name) yield key;
    }
  }
}

async function some(store: Store, range: KeyRange): Promise<boolean> {
  for await (const chunk of store.scan({ ...range, limit: 1 }, { keysOnly: true })) {
    if (chunk.length > 0) return true;
  }
  return false;
}

function refusePart(key: Key): void {
  if (key.startsWith(PARTS.from)) throw new TypeError(`${key} lies among the parts of split values`);
}

function absentParts(store: Store, key: Key): StateError {
  if (store.capabilities.consistency === "strong") return manifests.damaged(key, "has lost parts");
  return new StateError("stale", `Parts of the value of ${key} are not visible yet. Try again later.`, {
    key,
  });
}
