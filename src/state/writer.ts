import { isStateError, StateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import { HEAD_KEY } from "../journal/keys.ts";
import { giveWay, untilPut } from "../journal/pace.ts";
import { headRevision, type JournalState } from "../journal/state.ts";
import type { TailPage } from "../journal/tail.ts";
import { type Draft, isRefused, isWritten, prepareAgain } from "./draft.ts";
import { commitPage, groupLength } from "./page-commit.ts";
import { GONE } from "./slot.ts";
import { latest, type ScopeView } from "./view.ts";
import { tell } from "./watch.ts";

/** How often a group that other writers overtake is tried. */
const ATTEMPTS = 200;

/** Group commit: what waits goes into one page; while that is on its way, more gathers. */
export interface Writer {
  /** Takes a commit in, behind all that were taken in before. Its outcome is told to the draft. */
  submit(draft: Draft): void;
  /** Resolves when all that was taken in so far is settled. Rejects only in buffered mode, where it may be tried again. */
  flush(): Promise<void>;
  /** What is shown is all there is: nothing waits, and nothing is being prepared again. */
  readonly isIdle: boolean;
  /** Commits that wait or are on their way. */
  readonly pending: number;
  /** Some of them are not in their scopes' `queued` just now, so no scope may leave memory. */
  readonly holdsUnqueued: boolean;
  /** The clock's time of the last commit that became durable. */
  readonly lastDurableAt: number | undefined;
  /** The commits that `pending` counts, in the order in which they will be stored. */
  unsettled(): readonly Draft[];
  /** No change that was committed after this was shown to what is queued. */
  readonly basis: Revision;
}

export interface WriterPorts {
  readonly journal: JournalState;
  readonly schemaVersion: number;
  /** In buffered mode nothing goes out before `flush`, and a failed page stays queued. */
  readonly isBuffered: boolean;
  /** Reads what other writers committed, and shows it in memory. */
  catchUp(): Promise<void>;
  onCommitted(page: TailPage): void;
  /** Whether this view is the one that is kept up to date. */
  isLoaded(view: ScopeView): boolean;
  /** The store turned read-only to protect what it holds. Told once. */
  onReadOnly(error: StateError): void;
  /** Some commits have settled, or, with an error, a page could not be stored. */
  onProgress(error?: unknown): void;
}

export function writer({
  journal,
  schemaVersion,
  isBuffered,
  catchUp,
  onCommitted,
  onReadOnly,
  onProgress,
  isLoaded,
}: WriterPorts): Writer {
  let queue: Draft[] = [];
  /** Taken in while drafts are being prepared again; their turn comes after those. */
  const waiting: Draft[] = [];
  /** Being taken in again. */
  let todo: Draft[] = [];
  /** Of those the one whose hooks are being asked again. */
  let redone: Draft | undefined;
  let inFlight: readonly Draft[] = NONE;
  /** Drafts settle in the order in which they are taken in, so two counts tell which have. */
  let taken = 0;
  let settled = 0;
  const flushes: { readonly target: number; resolve(): void; reject(error: unknown): void }[] = [];
  /** What is queued builds on this. If another writer's page was shown meanwhile, it must be looked at again. */
  let basis = journal.shown;
  let isRebasing = false;
  let running: Promise<void> | undefined;
  let lastDurableAt: number | undefined;
  let isTold = journal.readOnly !== undefined;
  const isPaced = journal.store.capabilities.minPutIntervalMs > 0;

  function admit(draft: Draft): void {
    if (!isRebasing && queue.length + inFlight.length === 0) basis = journal.shown;
    for (const change of draft.changes) {
      const { view, key, slot } = change;
      change.before = view.queued.get(key) ?? view.slots.get(key);
      view.queued.set(key, slot);
    }
    queue.push(draft);
    if (isBuffered) tell([draft]);
  }

  function start(): void {
    running ??= Promise.resolve().then(drain);
  }

  /** So many more are settled. Those who wait for them are told. */
  function count(drafts: number): void {
    settled += drafts;
    while (flushes[0] !== undefined && flushes[0].target <= settled) flushes.shift()?.resolve();
  }

  function stopped(): void {
    running = undefined;
    onProgress();
    if (flushes.length > 0) start();
  }

  async function drain(): Promise<void> {
    let attempts = 0;
    try {
      while (queue.length + waiting.length > 0) {
        // Meanwhile more gathers.
        if (isPaced) await untilPut(journal, HEAD_KEY);
        if (waiting.length > 0) await rebase([]);
        const group = queue.splice(0, groupLength(queue));
        if (group.length === 0) continue;
        inFlight = group;
        try {
          const isDone = await journal.turn.run(() => commitAndSettle(group));
          if (isDone) {
            inFlight = NONE;
            attempts = 0;
            onProgress();
          } else {
            if (++attempts > ATTEMPTS) throw overtaken();
            if (attempts > 3) await giveWay(journal.store, attempts);
            await catchUp();
            await rebase(group);
          }
        } catch (error) {
          attempts = 0;
          const { readOnly } = journal;
          if (readOnly !== undefined && !isTold) {
            isTold = true;
            onReadOnly(readOnly);
          }
          if (isBuffered) for (const { reject } of flushes.splice(0)) reject(error);
          await giveUp(group, error);
          onProgress(error);
          if (isBuffered) return;
        }
      }
    } finally {
      // In the same step as the last look at the queue, so that whoever comes later starts anew.
      running = undefined;
      if (pending() === 0) count(taken - settled);
      onProgress();
    }
  }

  /** Settled within the turn, so that nobody shows another writer's page in between. */
  async function commitAndSettle(group: readonly Draft[]): Promise<boolean> {
    // Drafts build on what was shown when they were taken in: that must be the journal's end, and still be shown.
    if (journal.shown !== basis || headRevision(journal) !== basis) return false;
    const written = group.filter(isWritten);
    if (written.length === 0) {
      for (const draft of group) draft.committed(basis);
      count(group.length);
      return true;
    }
    const page = await commitPage(journal, schemaVersion, written);
    if (page !== undefined) settle(page, group);
    return page !== undefined;
  }

  function settle(page: TailPage, group: readonly Draft[]): void {
    journal.tail.push(page);
    journal.shown = page.page.revision;
    basis = journal.shown;
    lastDurableAt = journal.ports.clock.now();
    for (const { changes } of group) {
      for (const { view, key, slot } of changes) {
        if (slot.kind === GONE) view.slots.delete(key);
        else view.slots.set(key, slot);
        // Where nothing else waits, all that is queued was in this group.
        if (queue.length === 0) {
          if (view.queued.size > 0) view.queued.clear();
        } else if (view.queued.get(key) === slot) view.queued.delete(key);
      }
    }
    const revisions = page.page.commits.map((one) => one.revision).values();
    for (const draft of group)
      draft.committed((isWritten(draft) ? revisions.next().value : undefined) ?? page.page.revision);
    count(group.length);
    onCommitted(page);
    // What is buffered was visible before.
    if (!isBuffered) tell(group);
  }

  async function giveUp(group: readonly Draft[], error: unknown): Promise<void> {
    inFlight = NONE;
    // What has no place in the journal has no revision either.
    for (const draft of group) draft.origin.revisions = "";
    if (isBuffered && !isStateError(error, "unknown_outcome") && journal.readOnly === undefined) {
      queue = [...group, ...queue];
      return;
    }
    forget(group);
    for (const draft of group) draft.failed(error);
    count(group.length);
    if (isBuffered) tell(group);
    await rebase([]);
  }

  function forget(drafts: readonly Draft[]): void {
    for (const { changes } of drafts) {
      for (const { view, key, slot } of changes) if (view.queued.get(key) === slot) view.queued.delete(key);
    }
  }

  /** Takes the drafts in again, in order; those that saw something which is different now are prepared anew. */
  async function rebase(first: readonly Draft[]): Promise<void> {
    basis = journal.shown;
    todo = [...first, ...queue];
    queue = [];
    inFlight = NONE;
    for (const draft of first) draft.origin.revisions = "";
    for (const { changes } of todo) for (const { view, key } of changes) view.queued.delete(key);
    isRebasing = true;
    try {
      for (let draft = todo.shift() ?? waiting.shift(); draft; draft = todo.shift() ?? waiting.shift()) {
        redone = draft;
        let fit: Draft | undefined = draft;
        if (isRefused(journal, draft)) fit = undefined;
        else if (draft.isWhole || !holds(draft)) fit = await prepareAgain(draft);
        redone = undefined;
        if (fit !== undefined) admit(fit);
        else count(1);
        // What it was has left the view, whatever it is now.
        if (isBuffered && fit !== draft) tell([draft]);
      }
    } finally {
      isRebasing = false;
    }
  }

  /** Whether all it saw is as it was. A scope that has left memory since is not kept up to date, so that does not count. */
  function holds(draft: Draft): boolean {
    for (const { view, key, slot } of draft.seen)
      if (!isLoaded(view) || latest(view, key) !== slot) return false;
    return draft.seen.length === 0 || draft.changes.every(({ view }) => isLoaded(view));
  }

  const pending = () =>
    inFlight.length + queue.length + (redone === undefined ? 0 : 1) + todo.length + waiting.length;

  return {
    submit(draft) {
      if (isRefused(journal, draft)) return;
      taken++;
      // Whoever must wait is not overtaken: writes of one scope keep their order.
      if (isRebasing || waiting.length > 0 || !holds(draft)) waiting.push(draft);
      else admit(draft);
      if (running !== undefined) return;
      if (!isBuffered) start();
      else if (waiting.length > 0) running = rebase([]).finally(stopped);
    },
    flush() {
      if (settled >= taken) return Promise.resolve();
      return new Promise((resolve, reject) => {
        flushes.push({ target: taken, resolve, reject });
        start();
      });
    },
    get isIdle() {
      return running === undefined && pending() === 0;
    },
    get pending() {
      return pending();
    },
    get holdsUnqueued() {
      return isRebasing || waiting.length > 0;
    },
    get lastDurableAt() {
      return lastDurableAt;
    },
    unsettled: () => [
      ...inFlight,
      ...queue,
      ...(redone === undefined ? NONE : [redone]),
      ...todo,
      ...waiting,
    ],
    get basis() {
      return basis;
    },
  };
}

const NONE: readonly Draft[] = [];

function overtaken(): StateError {
  return new StateError(
    "conflict",
    `other writers were faster ${ATTEMPTS} times; nothing was changed, try again`,
  );
}
