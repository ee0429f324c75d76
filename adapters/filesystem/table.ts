/** Where each key's current value lies. It holds no values, so memory grows with the keys alone. */
import type { Key, KeyRange } from "../../src/adapter.ts";
import { type Change, type Place, recordBytes } from "./frame.ts";

export interface Table {
  readonly size: number;
  /** What a log with only the current records would need, about. */
  readonly liveBytes: number;
  find(key: Key): Place | undefined;
  apply(changes: readonly Change[]): void;
  entries(): Iterable<readonly [Key, Place]>;
  /** The keys of the range from `after` on (without it), in the order of the range. */
  keys(range: KeyRange, after: Key | undefined): Iterable<Key>;
}

function byText(a: Key, b: Key): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The index of the first key that is not below `key`. */
function lowerBound(sorted: readonly Key[], key: Key): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = sorted[middle];
    if (at !== undefined && at < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function merge(left: readonly Key[], right: readonly Key[]): Key[] {
  const merged: Key[] = [];
  let next = 0;
  for (const key of left) {
    for (let other = right[next]; other !== undefined && other < key; other = right[++next])
      merged.push(other);
    merged.push(key);
  }
  for (const key of right.slice(next)) merged.push(key);
  return merged;
}

export function createTable(): Table {
  const places = new Map<Key, Place>();
  let liveBytes = 0;
  // Sorted on demand. A log of a hundred thousand keys that grew by one is merged, not sorted again.
  let sorted: Key[] = [];
  let added = new Set<Key>();
  let removed = false;

  function ordered(): readonly Key[] {
    // A key that was deleted and put again is in both, so what is added is taken out of the old order first.
    if (removed) sorted = sorted.filter((key) => places.has(key) && !added.has(key));
    if (added.size > 0) sorted = merge(sorted, [...added].filter((key) => places.has(key)).sort(byText));
    added = new Set();
    removed = false;
    return sorted;
  }

  function change({ key, place }: Change): void {
    const before = places.get(key);
    if (before !== undefined) liveBytes -= recordBytes(key, before);
    if (place !== undefined) {
      liveBytes += recordBytes(key, place);
      places.set(key, place);
      if (before === undefined) added.add(key);
    } else if (places.delete(key)) {
      removed = true;
    }
  }

  return {
    get size() {
      return places.size;
    },
    get liveBytes() {
      return liveBytes;
    },
    find: (key) => places.get(key),
    apply: (changes) => changes.forEach(change),
    entries: () => places,
    *keys(range, after) {
      const all = ordered();
      const first = lowerBound(all, range.from);
      const end = lowerBound(all, range.to);
      const step = range.reverse === true ? -1 : 1;
      let at = step === 1 ? first : end - 1;
      if (after !== undefined) at = step === 1 ? lowerBound(all, after) : lowerBound(all, after) - 1;
      for (; at >= first && at < end; at += step) {
        const key = all[at];
        if (key !== undefined && key !== after) yield key;
      }
    },
  };
}
