import type { Lifecycle } from "../../src/adapter.ts";

type Flush = () => Promise<void> | undefined;

/** Asked to end by these, a process may take its time. Windows knows some of them. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
type Signal = (typeof SIGNALS)[number];

/** So often the end is put off, by flushes that fail or by what is written meanwhile. */
const TRIES = 3;

/** One for all copies of this module in the process: two would take each other for somebody who handles the signal. */
const SHARED = Symbol.for("keepstate.process-life");

interface ProcessLife {
  readonly flushes: Set<Flush>;
  listen(): void;
  ignore(): void;
}

/**
 * Node, Bun and Deno: before the process ends by a signal or because it has nothing left to do, what waits is stored. Then
 * the signal does what it would have done: it ends the process, or what another listener makes of it happens. A second
 * signal does not wait. Listens only while somebody may have something to store. `process.exit` and a crash are not seen.
 */
export const processLife: Lifecycle = {
  seesIdleEnd: true,
  onSuspend(flush) {
    const life = shared();
    if (life.flushes.size === 0) life.listen();
    // Wrapped, so that one function may be there twice and each be stopped by itself.
    const mine = () => flush();
    life.flushes.add(mine);
    return () => {
      if (life.flushes.delete(mine) && life.flushes.size === 0) life.ignore();
    };
  },
};

function shared(): ProcessLife {
  // Nobody else has that symbol.
  const all = globalThis as typeof globalThis & { [SHARED]?: ProcessLife };
  all[SHARED] ??= processListener();
  return all[SHARED];
}

function processListener(): ProcessLife {
  const flushes = new Set<Flush>();
  // Not every runtime tells a listener which signal it was.
  const listeners = SIGNALS.map((signal) => [signal, () => void onSignal(signal)] as const);
  let isEnding = false;
  let idleTries = 0;

  /** Undefined where nothing waits. */
  function flushAll(): Promise<unknown> | undefined {
    const begun = [...flushes].map((flush) => flush()).filter((flush) => flush !== undefined);
    return begun.length === 0 ? undefined : Promise.allSettled(begun);
  }

  async function onSignal(signal: Signal): Promise<void> {
    const isOurs = process.listenerCount(signal) <= 1 + yielding(signal);
    if (!isEnding) {
      isEnding = true;
      // What was written while one flush ran waits for the next.
      for (let tries = 0; tries < TRIES; tries++) {
        const flushed = flushAll();
        if (flushed === undefined) break;
        await flushed;
      }
      isEnding = false;
    }
    if (!isOurs) return;
    ignore();
    process.kill(process.pid, signal);
  }

  /** When all who listen have been asked, and may have written something. */
  function onIdle(): void {
    process.nextTick(() => {
      if (idleTries < TRIES && flushAll() !== undefined) idleTries++;
    });
  }

  function ignore(): void {
    for (const [signal, listener] of listeners) process.off(signal, listener);
    process.off("beforeExit", onIdle);
  }

  return {
    flushes,
    listen() {
      // First, to count the others before those that listen once are gone.
      for (const [signal, listener] of listeners) process.prependListener(signal, listener);
      process.on("beforeExit", onIdle);
    },
    ignore,
  };
}

/** Listeners that do nothing while others listen: those of the package signal-exit, which tells how many it has. */
function yielding(signal: Signal): number {
  const count = [
    Reflect.get(process, "__signal_exit_emitter__"),
    Reflect.get(globalThis, Symbol.for("signal-exit emitter")),
  ].reduce((sum: number, emitter: unknown) => sum + countOf(emitter), 0);
  return Math.min(count, process.listenerCount(signal) - 1);
}

function countOf(emitter: unknown): number {
  const count: unknown = typeof emitter === "object" && emitter !== null && Reflect.get(emitter, "count");
  return typeof count === "number" ? count : 0;
}
