import { isStateError, type StateError } from "../ground/error.ts";
import type { PendingStore } from "../ground/ports.ts";
import { SYSTEM } from "./correlation.ts";
import type { Engine } from "./engine.ts";
import { decodeEntry, type PendingEntry } from "./pending-entry.ts";
import { type PendingPast, pendingPast } from "./pending-past.ts";
import type { Request } from "./request.ts";
import type { WriteResult } from "./result.ts";
import { track } from "./running.ts";
import { hasExpired, revisionOf } from "./slot.ts";
import { preceding, type ScopeView } from "./view.ts";
import { inLanes } from "./write.ts";

/** Takes in what earlier lives of the program have left in the pending journal. */
export interface Recovery {
  begin(): void;
  /** What has not been queued yet is left for the next opening. */
  stop(): void;
}

/** What became of an entry. */
type Outcome =
  | Exclude<WriteResult, { status: "buffered" }>
  /** By the schema. */
  | { readonly status: "refused"; readonly error: StateError }
  | { readonly status: "failed"; readonly error: unknown };

interface Left {
  readonly key: string;
  readonly entry: PendingEntry;
}

/**
 * Each entry becomes an ordinary change: hooks, schema, events. It is made only on what its base says, so nothing newer is
 * overwritten, and only if its commit is not in the journal, so nothing happens twice. It is cleared when its commit is
 * durable or its fate was told; a crash before that repeats only the question.
 *
 * @param flush stores all that waits; false where it failed, which was told
 */
export function recoverPending(engine: Engine, store: PendingStore, flush: () => Promise<boolean>): Recovery {
  const ending = new AbortController();
  const me = engine.journal.mint.writer;

  async function all(): Promise<void> {
    // In a task of its own, so that hooks which are registered right after the open are asked.
    await new Promise<void>((resolve) => void setTimeout(resolve));
    for (const writer of writersIn(store)) {
      if (ending.signal.aborted) return;
      if (writer === me) continue;
      await guarded(async () => {
        const release = store.hold === undefined ? () => {} : await store.hold(writer);
        if (release !== undefined) await takeOver(writer, release);
        else void guarded(() => whenGone(writer));
      });
    }
  }

  /** A living program flushes by itself what it has left; only if it does not is it somebody else's. */
  async function whenGone(writer: string): Promise<void> {
    const release = await store.hold?.(writer, ending.signal);
    if (release === undefined) return;
    if (ending.signal.aborted) release();
    else
      track(
        engine,
        guarded(() => takeOver(writer, release)),
      );
  }

  async function takeOver(writer: string, release: () => void): Promise<void> {
    const left = read(writer);
    const since = left.map(({ entry }) => entry.since).sort()[0];
    const fates: Promise<void>[] = [];
    try {
      if (since === undefined) return;
      // Whatever the entries were made on was in the store before they were.
      await engine.journal.catchUp();
      const past = pendingPast(engine.journal, since);
      const open = new Set<string>();
      for (const { key, entry } of left) {
        if (ending.signal.aborted) break;
        const waitsFor = entry.changes.some(({ base }) => isAfter(base) && open.has(base.after));
        if (waitsFor && !(await flush())) break;
        const { queued, outcome } = takeIn(engine, entry, past);
        open.add(entry.operation);
        fates.push(
          outcome.then((fate) => {
            open.delete(entry.operation);
            settle(key, entry, fate);
          }),
        );
        await queued;
      }
      await flush();
    } finally {
      void Promise.all(fates).then(release);
    }
  }

  function read(writer: string): Left[] {
    const left: (Left & { readonly number: number })[] = [];
    for (const [key, text] of store.read()) {
      if (writerOf(key) !== writer) continue;
      try {
        const entry = decodeEntry(text);
        for (const { value } of entry.changes) if (value !== undefined) engine.codec.decode(value);
        left.push({ key, entry, number: Number(key.slice(writer.length + 1)) });
      } catch (error) {
        tellFailure("an entry cannot be read", error, true);
      }
    }
    return left.sort((a, b) => a.number - b.number);
  }

  function settle(key: string, entry: PendingEntry, fate: Outcome): void {
    if (fate.status === "failed") {
      tellFailure("an entry could not be taken in yet", fate.error, true);
      return;
    }
    if (fate.status !== "committed") {
      for (const { scope, key, value } of entry.changes) {
        const operation = value === undefined ? "delete" : "set";
        const data = { scope, key, operation, value: value && engine.codec.decode(value).value } as const;
        const { correlation } = entry;
        if (fate.status === "conflict") engine.bus.publish({ type: "pending.superseded", data, correlation });
        else {
          const why =
            fate.status === "cancelled"
              ? { reason: `hook ${fate.by} vetoed it: ${fate.reason}` }
              : { reason: fate.error.message, error: fate.error };
          const told = { ...data, ...why, isKept: false };
          engine.bus.publish({ type: "pending.failed", data: told, correlation });
        }
      }
    }
    try {
      store.remove(key);
    } catch (error) {
      tellFailure("an entry could not be cleared", error, true);
    }
  }

  async function guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      tellFailure("what an earlier program had left could not be taken in", error, true);
    }
  }

  function tellFailure(reason: string, error: unknown, isKept: boolean): void {
    engine.bus.publish({ type: "pending.failed", data: { reason, error, isKept }, correlation: SYSTEM });
  }

  return {
    begin() {
      if (store.read().length > 0) track(engine, guarded(all));
    },
    stop: () => ending.abort(),
  };
}

function isAfter(base: PendingEntry["changes"][number]["base"]): base is { readonly after: string } {
  return base !== null && typeof base === "object";
}

function writerOf(key: string): string {
  return key.slice(0, key.indexOf("."));
}

/** Those that left something, the earliest life first, as far as clocks tell. */
function writersIn(store: PendingStore): string[] {
  const since = new Map<string, string>();
  for (const [key, text] of store.read()) {
    const writer = writerOf(key);
    const at = /"since":"([0-9a-v]{26})"/.exec(text)?.[1] ?? "";
    if (at < (since.get(writer) ?? "~")) since.set(writer, at);
  }
  return [...since].sort(([, a], [, b]) => (a < b ? -1 : 1)).map(([writer]) => writer);
}

/** `queued` resolves when the next one may follow, `outcome` when it is known; neither rejects. */
function takeIn(
  engine: Engine,
  entry: PendingEntry,
  past: PendingPast,
): { readonly queued: Promise<void>; readonly outcome: Promise<Outcome> } {
  const { views } = engine;
  const held = new Map<string, ScopeView>();
  // Asked anew whenever other writers' changes come in between.
  async function requests(): Promise<Request[]> {
    await past.look();
    if (past.hasLanded(entry)) return [];
    const all: Request[] = [];
    for (const change of entry.changes) {
      const { scope, key, value, expiresAt, announce } = change;
      const view = held.get(scope) ?? (await views.hold(scope));
      held.set(scope, view);
      const slot = preceding(view, key);
      if (value === undefined && slot === undefined) continue; // it is gone already
      const base = past.expected(entry, change);
      // What it was made on may be past its time by now, and then counts as absent.
      const isOver = slot !== undefined && hasExpired(slot, engine.now) && revisionOf(slot) === base;
      const operation = value === undefined ? "delete" : "set";
      const ttlMs = expiresAt === undefined ? undefined : Math.max(1, expiresAt - engine.now());
      all.push({ view, key, operation, value, ttlMs, announce, expected: isOver ? null : base });
    }
    return all;
  }
  const correlation = { ...entry.correlation, recovered: true } as const;
  let queued = Promise.resolve();
  const outcome = new Promise<Outcome>((resolve) => {
    const call = {
      correlation,
      signal: undefined,
      isWhole: true,
      resolve(result: WriteResult) {
        if (result.status !== "buffered") resolve(result);
      },
      reject: (error: unknown) =>
        resolve(isStateError(error, "schema") ? { status: "refused", error } : { status: "failed", error }),
    };
    const lanes = [...new Set(entry.changes.map(({ scope }) => scope))].map(views.lane);
    queued = inLanes(engine, lanes, requests, call);
  }).finally(() => {
    for (const view of held.values()) views.release(view);
  });
  return { queued, outcome };
}
