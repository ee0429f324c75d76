import { equalBytes } from "../ground/bytes.ts";
import type { Capabilities } from "../store/capabilities.ts";
import { weigh } from "../store/check.ts";
import type { Batch, CommitOutcome, Failure, Key, StorageAdapter, Store, Swap } from "../store/store.ts";
import { Crash, InjectedFailure } from "./crash.ts";
import { type Fault, type Freeze, faultPlan } from "./faults.ts";
import { seededRandom } from "./random.ts";
import { readsOf } from "./stale-reads.ts";
import { type Landing, type Survivors, versions } from "./versions.ts";

export interface DegradedOptions {
  /** What the store offers, and no more than that. See `profiles`. */
  readonly capabilities: Capabilities;
  /** The same seed and the same calls give the same story. Default 1. */
  readonly seed?: number;
  /** Milliseconds. Default: the backend's own clock, which only `advance` moves. */
  readonly now?: () => number;
}

/**
 * A store in memory that is as bad as its capabilities allow, and worse on request.
 *
 * An effect is what lands at one moment: a single write or the swap where atomicity is `prefix`, the whole commit
 * where it is `batch`. Between two effects other writers may come.
 */
export interface DegradedBackend {
  /** A new program's way to the same data. Where the swap is `local` it keeps out only openings of one adapter. */
  adapter(): StorageAdapter;
  /** How many effects were begun so far, by all programs. */
  readonly effects: number;
  plan(...faults: readonly Fault[]): void;
  /** The writer of effect number `at` stands still before it, until thawed. */
  freeze(at: number): Freeze;
  /** The next `count` reads reject. */
  failReads(count: number, as?: Failure): void;
  /** Moves the backend's own clock. */
  advance(ms: number): void;
  /** From now on no read is older than this moment. */
  settle(): void;
  /** From now on a power loss cannot take what has landed. */
  sync(): void;
  /** Kills every opening. What landed stays. */
  crash(): void;
  /**
   * Kills every opening and drops some of what was not synced (nothing where durability is `power` or `gated`).
   * Kept are the `first` few, or `any` in their order. Default: `first` where atomicity is `batch`, else `any`.
   */
  powerLoss(survivors?: Survivors): void;
  /** What is really stored. */
  contents(): Map<Key, Uint8Array>;
  /** Changes what is stored behind everybody's back. `undefined` removes it. */
  poke(key: Key, value: Uint8Array | undefined): void;
}

interface Opening {
  dead: boolean;
}

export function degraded({ capabilities, seed = 1, now }: DegradedOptions): DegradedBackend {
  const {
    atomicity,
    swap: exclusion,
    consistency,
    durability,
    maxBatch,
    maxValueBytes,
    minPutIntervalMs,
  } = capabilities;
  const random = seededRandom(seed);
  let time = 0;
  const clock = now ?? (() => time);
  const staleness = consistency === "eventual" ? capabilities.stalenessMs : 0;
  const table = versions(staleness, durability === "power" || durability === "gated", clock, random);
  const faults = faultPlan();
  const openings = new Set<Opening>();
  const lastPut = new Map<Key, number>();
  let failingReads = 0;
  let failingReadsAs: Failure = "unavailable";

  /** Lets others come in between, differently each time. */
  async function pause(opening: Opening): Promise<void> {
    for (let turns = random.below(3); turns >= 0; turns--) await Promise.resolve();
    assertAlive(opening);
  }

  async function beforeRead(opening: Opening): Promise<void> {
    await pause(opening);
    if (failingReads === 0) return;
    failingReads--;
    throw new InjectedFailure("A read failed as planned", failingReadsAs);
  }

  function refuseTooMuch(batch: Batch): void {
    const { count, bytes } = weigh(batch);
    const largest = Math.max(0, ...landingOf(batch).map(([, value]) => value?.length ?? 0));
    if (count > maxBatch.count || bytes > maxBatch.bytes || largest > maxValueBytes) {
      throw new RangeError(`Too much: ${count} writes, ${bytes} bytes, the largest value ${largest}`);
    }
  }

  function refuseTooSoon(landing: Landing): void {
    if (minPutIntervalMs === 0) return;
    for (const [key, value] of landing) {
      if (value === undefined) continue;
      const earliest = (lastPut.get(key) ?? Number.NEGATIVE_INFINITY) + minPutIntervalMs;
      if (clock() < earliest) throw new InjectedFailure(`Too many puts of ${key}`, "unavailable");
    }
    for (const [key, value] of landing) if (value !== undefined) lastPut.set(key, clock());
  }

  /** `land` decides and acts at one moment. */
  async function effect(
    opening: Opening,
    isSwap: boolean,
    land: () => CommitOutcome,
  ): Promise<CommitOutcome> {
    await pause(opening);
    const fault = await faults.begin(isSwap);
    assertAlive(opening);
    const kind = fault?.kind;
    if (kind === "crash-before") die(opening);
    if (kind === "fail-before")
      throw new InjectedFailure("Failed as planned; nothing landed", fault?.as ?? "unavailable");
    if (kind === "conflict-unmoved") return "conflict";
    const outcome = land();
    if (kind === "crash-after") die(opening);
    if (kind === "fail-after")
      throw new InjectedFailure("Failed as planned; it landed", fault?.as ?? "unavailable");
    return kind === "conflict-applied" ? "conflict" : outcome;
  }

  function adapter(): StorageAdapter {
    /** When this program last moved a key by swap: what a `local` swap, and the writer's own reads in it, know. */
    const moved = new Map<Key, number>();

    function matches(swap: Swap): boolean {
      const moment = consistency === "eventual" ? table.anyMoment() : table.now();
      return equalBytes(table.at(swap.key, Math.max(moment, moved.get(swap.key) ?? 0)), swap.from);
    }

    function land(landing: Landing, swap: Swap | undefined, movedBefore: number | undefined): CommitOutcome {
      // A `local` swap looks again only when somebody of its own program moved; others it does not see.
      const blind = exclusion === "local" && swap !== undefined && moved.get(swap.key) === movedBefore;
      if (swap !== undefined && !blind && !matches(swap)) return "conflict";
      refuseTooSoon(landing);
      const moment = table.land(landing);
      if (swap !== undefined) moved.set(swap.key, moment);
      return "committed";
    }

    async function commit(opening: Opening, batch: Batch): Promise<CommitOutcome> {
      await pause(opening);
      refuseTooMuch(batch);
      const { swap } = batch;
      const movedBefore = swap && moved.get(swap.key);
      if (swap !== undefined && !matches(swap)) return "conflict";
      const landing = landingOf(batch);
      if (atomicity === "batch") {
        return effect(opening, swap !== undefined, () => land(landing, swap, movedBefore));
      }
      for (const change of landing.slice(0, batch.writes.length)) {
        await effect(opening, false, () => land([change], undefined, undefined));
      }
      if (swap === undefined) return "committed";
      return effect(opening, true, () => land([[swap.key, swap.to]], swap, movedBefore));
    }

    return {
      name: "degraded",
      async open() {
        const opening: Opening = { dead: false };
        openings.add(opening);
        const before = () => beforeRead(opening);
        const moment = consistency === "eventual" ? table.anyMoment : table.now;
        const store: Store = {
          capabilities,
          ...readsOf(table, moment, atomicity, before),
          commit: (batch) => commit(opening, batch),
          async close() {
            assertAlive(opening);
            openings.delete(opening);
          },
        };
        return store;
      },
      classify: (error) => (error instanceof InjectedFailure ? error.failure : undefined),
    };
  }

  function crash(): void {
    for (const opening of openings) opening.dead = true;
    openings.clear();
  }

  return {
    adapter,
    get effects() {
      return faults.effects;
    },
    plan: (...more) => faults.add(more),
    freeze: faults.freeze,
    failReads(count, as = "unavailable") {
      failingReads = count;
      failingReadsAs = as;
    },
    advance(ms) {
      time += ms;
    },
    settle: table.settle,
    sync: table.sync,
    crash,
    powerLoss(survivors = atomicity === "batch" ? "first" : "any") {
      crash();
      table.powerLoss(survivors);
    },
    contents() {
      const stored = new Map<Key, Uint8Array>();
      for (const key of table.keys()) {
        const value = table.at(key, table.now());
        if (value !== undefined) stored.set(key, new Uint8Array(value));
      }
      return stored;
    },
    poke(key, value) {
      table.land([[key, value]]);
      table.settle();
      table.sync();
    },
  };
}

function landingOf({ writes, swap }: Batch): Landing {
  const landing = writes.map((write) =>
    "put" in write ? ([write.put, write.value] as const) : ([write.delete, undefined] as const),
  );
  return swap === undefined ? landing : [...landing, [swap.key, swap.to]];
}

function assertAlive(opening: Opening): void {
  if (opening.dead) throw new Crash("The program that opened this store has died");
}

function die(opening: Opening): never {
  opening.dead = true;
  throw new Crash("The program died here, as planned");
}
