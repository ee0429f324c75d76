/**
 * The one wrapper around every adapter's store. It ends what must not outlive the store, refuses what the engine
 * must not ask for, and names each native failure once, so that adapters need no try/catch.
 */
import { isStateError, StateError, type StateErrorCode } from "../ground/error.ts";
import { checkBatch, checkKeys, checkRange } from "./check.ts";
import type { Failure, StorageAdapter, Store, StoreOpening } from "./store.ts";

const ADVICE: Record<Failure, string> = {
  quota: "The store has no room left: free space or prune history, then try again",
  unavailable:
    "The store could not be reached or touched: check its rights and its connection, then try again",
  corrupt: "What was read is damaged: nothing was changed; verify the store, or restore it from a backup",
  locked: "Another writer holds the store: close that one, or open this one read-only",
};

/**
 * Opens `adapter` behind the guard. The returned store keeps the contract of `Store`, and besides:
 * - every rejection is a `StateError` that names the adapter and carries the native error as its cause;
 * - after `close()` has begun, calls reject with `closed`; `close()` ends running scans and waits for calls in flight;
 * - with `readOnly`, commits reject with `read_only` before the adapter sees them;
 * - once a signal is aborted, the call it was given to rejects with `aborted`;
 * - a malformed key, or a batch above the declared limits, is a fault of the engine and rejects with a `TypeError`.
 */
export async function guard(adapter: StorageAdapter, opening: StoreOpening): Promise<Store> {
  const name = adapter.name;

  function named(error: unknown, doing: string, signal?: AbortSignal): unknown {
    if (isStateError(error)) return error;
    if (signal?.aborted)
      return new StateError("aborted", `${doing} ${name} was aborted.`, { adapter: name, cause: error });
    const code = adapter.classify?.(error) ?? "unavailable";
    const said = error instanceof Error ? error.message : String(error);
    return new StateError(code, `${doing} ${name} failed. ${ADVICE[code]}. (${said})`, {
      adapter: name,
      cause: error,
    });
  }

  function refuse(code: StateErrorCode, message: string): StateError {
    return new StateError(code, message, { adapter: name });
  }

  function refuseAborted(doing: string, signal: AbortSignal | undefined): void {
    if (signal?.aborted) throw named(signal.reason, doing, signal);
  }

  async function openOnce(): Promise<Store> {
    refuseAborted("Opening", opening.signal);
    const opened = await adapter.open(opening);
    if (!opening.signal?.aborted) return opened;
    // Nobody will get this store, so nobody else would close it.
    await opened.close();
    throw named(opening.signal.reason, "Opening", opening.signal);
  }

  const store = await openOnce().catch((error: unknown) => {
    throw named(error, "Opening", opening.signal);
  });

  let closing: Promise<void> | undefined;
  let inFlight = 0;
  let whenIdle: (() => void) | undefined;
  const scans = new Set<AsyncIterator<unknown>>();
  const watches = new Set<() => void>();

  async function call<T>(doing: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    if (closing !== undefined)
      throw refuse("closed", `The ${name} store was closed. Open it again to use it.`);
    refuseAborted(doing, signal);
    inFlight++;
    try {
      return await act();
    } catch (error) {
      throw named(error, doing, signal);
    } finally {
      if (--inFlight === 0) whenIdle?.();
    }
  }

  function finish(scan: AsyncIterator<unknown>): Promise<unknown> {
    return Promise.resolve(scan.return?.()).catch((error: unknown) => {
      throw named(error, "Scanning");
    });
  }

  async function end(): Promise<void> {
    for (const stop of watches) stop();
    watches.clear();
    try {
      // A generator that is at work takes its `return` when it has finished that work.
      await Promise.all([...scans].map(finish));
    } finally {
      if (inFlight > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
      await store.close();
    }
  }

  const guarded: Store = {
    capabilities: store.capabilities,

    async get(keys, signal) {
      checkKeys(keys);
      return call("Reading from", signal, () => store.get(keys, signal));
    },

    async *scan(range, options) {
      checkRange(range);
      const signal = options?.signal;
      const pull = <T>(act: () => Promise<T>) => call("Scanning", signal, act);
      const scan = await pull(async () => store.scan(range, options)[Symbol.asyncIterator]());
      scans.add(scan);
      try {
        for (;;) {
          const next = await pull(() => scan.next());
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        scans.delete(scan);
        await finish(scan);
      }
    },

    async commit(batch) {
      if (opening.readOnly) {
        throw refuse(
          "read_only",
          `The ${name} store was opened read-only. Open it without readOnly to write.`,
        );
      }
      checkBatch(batch, store.capabilities);
      return call("Writing to", undefined, () => store.commit(batch));
    },

    close() {
      closing ??= end().catch((error: unknown) => {
        throw named(error, "Closing");
      });
      return closing;
    },
  };

  const { watch, plead } = store;
  const pleading =
    plead === undefined ? guarded : { ...guarded, plead: (ms: number) => plead.call(store, ms) };
  if (watch === undefined) return pleading;
  return {
    ...pleading,
    watch(onChange) {
      if (closing !== undefined)
        throw refuse("closed", `The ${name} store was closed. Open it again to watch it.`);
      const stop = watch.call(store, onChange);
      watches.add(stop);
      return () => {
        watches.delete(stop);
        stop();
      };
    },
  };
}
