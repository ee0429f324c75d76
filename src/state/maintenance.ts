import { isStateError } from "../ground/error.ts";
import { lazy } from "../ground/lazy.ts";
import { SYSTEM } from "./correlation.ts";
import type { Engine } from "./engine.ts";

const upkeep = lazy("checkpoints", () => import("./upkeep.ts"));

/** The tail's bytes that call for a checkpoint whatever the number of changes. */
const TAIL_BYTES = 8 * 1024 * 1024;
/** How long nothing must happen until a small tail is folded in as well. */
const IDLE_MS = 3000;
/** Below so many changes idle time is left alone. */
const IDLE_CHANGES = 256;

/** A record that is missing so many times in a row is no race any more. */
const RACES = 3;
/** The longest time between two tries of a checkpoint that fails. */
const MOST_WAIT_MS = 60_000;

export interface Maintenance {
  /** Looks whether a checkpoint is due. Called after each page; returns at once. */
  onPage(): void;
  /** Brings everything derived up to date. False where there was nothing to do. */
  checkpoint(): Promise<boolean>;
  /** Stops timers and waits for work under way. */
  stop(): Promise<void>;
}

/** Checkpoints, sweeps and expiries of a writer; never in the way of a commit, and loud when they fail. */
export function maintenance(engine: Engine, every: number, catchUp: () => Promise<void>): Maintenance {
  const { journal, bus } = engine;
  let running: Promise<boolean> | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let failures = 0;
  /** By `clock.elapsed`: after a failure the next try waits, ever longer. */
  let notBefore = 0;

  async function work(): Promise<boolean> {
    try {
      const { derive } = await upkeep.load();
      const isDone = await derive(engine, catchUp);
      failures = 0;
      if (isDone && journal.head !== undefined) {
        const data = { epoch: journal.head.epoch, upTo: journal.checkpoint.revision };
        bus.publish({ type: "store.checkpointed", data, correlation: SYSTEM });
      }
      return isDone;
    } catch (error) {
      // Another writer's checkpoint may put a record out of use while it is looked for; the next try sees that one's pointers.
      const isRace = isStateError(error, "stale") && failures < RACES;
      if (!isRace) {
        const data = { reason: "a checkpoint failed; it will be tried again", error };
        bus.publish({ type: "store.degraded", data, correlation: SYSTEM });
      }
      if (isStateError(error, "closed")) isStopped = true;
      notBefore = journal.ports.clock.elapsed() + Math.min(MOST_WAIT_MS, 500 * 2 ** failures++);
      return false;
    }
  }

  function run(): Promise<boolean> {
    running ??= work().finally(() => {
      running = undefined;
    });
    return running;
  }

  function rest(): void {
    clearTimeout(idle);
    idle = setTimeout(() => {
      if (!isStopped && journal.tail.changes >= IDLE_CHANGES) void run();
    }, IDLE_MS);
    unref(idle);
  }

  return {
    onPage() {
      if (isStopped || running !== undefined || journal.ports.clock.elapsed() < notBefore) return;
      const { changes, bytes } = journal.tail;
      if (changes >= every || bytes >= TAIL_BYTES) void run();
      // A timer for nothing would keep an idle Durable Object in memory.
      else if (changes >= IDLE_CHANGES && (idle === undefined || changes < IDLE_CHANGES * 2)) rest();
    },
    async checkpoint() {
      const before = await running; // it may have begun before the last commit
      return (await run()) || before === true;
    },
    async stop() {
      isStopped = true;
      clearTimeout(idle);
      await running;
    },
  };
}

/** A timer of the store's must not keep a program alive. */
function unref(timer: unknown): void {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
}
