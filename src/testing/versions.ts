import type { Key } from "../store/store.ts";
import type { SeededRandom } from "./random.ts";

/** A change of keys that landed at one moment; `undefined` is a deletion. */
export type Landing = readonly (readonly [Key, Uint8Array | undefined])[];

/** Which of the changes that were not synced a power loss may keep. */
export type Survivors = "first" | "any";

/** All that landed, with what came before it as long as a reader may still see that or a power loss bring it back. */
export interface Versions {
  /** Names the moment of a landing; later is larger. */
  land(changes: Landing): number;
  /** Now, or on an eventual store any moment that is not too old for a reader. */
  anyMoment(): number;
  now(): number;
  at(key: Key, moment: number): Uint8Array | undefined;
  /** Also those that are deleted but may still be seen. */
  keys(): Iterable<Key>;
  /** No reader sees anything older than what has landed so far. */
  settle(): void;
  /** Nothing that has landed so far is lost to a power loss. */
  sync(): void;
  powerLoss(survivors: Survivors): void;
}

interface Version {
  readonly moment: number;
  readonly value: Uint8Array | undefined;
}

export function versions(
  stalenessMs: number,
  synced: boolean,
  clock: () => number,
  random: SeededRandom,
): Versions {
  const table = new Map<Key, Version[]>();
  let last = 0;
  /** Every reader sees what landed up to here. */
  let settled = 0;
  let unsettled: { moment: number; time: number }[] = [];
  let unsynced: number[] = [];

  function settleOld(): void {
    const time = clock() - stalenessMs;
    while (unsettled[0] !== undefined && unsettled[0].time <= time)
      settled = unsettled.shift()?.moment ?? settled;
  }

  /** Drops what no reader and no power loss can bring back. */
  function prune(key: Key, list: Version[]): void {
    const needed = Math.min(settled, (unsynced[0] ?? last + 1) - 1);
    const first = list.findLastIndex((version) => version.moment <= needed);
    if (first > 0) list.splice(0, first);
    const [only] = list;
    if (list.length === 1 && only?.value === undefined && (only?.moment ?? 0) <= needed) table.delete(key);
  }

  return {
    land(changes) {
      last++;
      if (stalenessMs > 0) unsettled.push({ moment: last, time: clock() });
      else settled = last;
      if (!synced) unsynced.push(last);
      settleOld();
      for (const [key, value] of changes) {
        const list = table.get(key) ?? [];
        list.push({ moment: last, value });
        table.set(key, list);
        prune(key, list);
      }
      return last;
    },
    anyMoment() {
      settleOld();
      return random.chance(0.5) ? last : settled + random.below(last - settled + 1);
    },
    now: () => last,
    at: (key, moment) => table.get(key)?.findLast((version) => version.moment <= moment)?.value,
    keys: () => table.keys(),
    settle() {
      settled = last;
      unsettled = [];
    },
    sync() {
      unsynced = [];
    },
    powerLoss(survivors) {
      const kept = random.below(unsynced.length + 1);
      const lost = new Set(
        unsynced.filter((_, i) => (survivors === "first" ? i >= kept : random.chance(0.5))),
      );
      for (const [key, list] of table) {
        const left = list.filter(({ moment }) => !lost.has(moment));
        if (left.length > 0) table.set(key, left);
        else table.delete(key);
      }
      unsynced = [];
    },
  };
}
