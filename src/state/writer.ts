import { isStateError, StateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import { HEAD_KEY } from "../journal/keys.ts";
import { giveWay, untilPut } from "../journal/pace.ts";
import { headRevision, type JournalState } from "../journal/state.ts";
import type { TailPage } from "../journal/tail.ts";
import { type Draft, type DraftChange, holds, isRefused, isWritten, prepareAgain } from "./draft.ts";
import { flushes } from "./flushes.ts";
import { commitPage, groupLength } from "./page-commit.ts";
import { GONE } from "./slot.ts";
import { keepShowing, stopShowing, tellUncovered } from "./undecided.ts";
import type { ScopeView } from "./view.ts";
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
  const flushing = flushes();
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
  }

  function start(): void {
    running ??= Promise.resolve().then(drain);
  }

  /** Whatever ran has ended: begins what was asked for meanwhile. */
  function goOn(): void {
    if (running !== undefined) return;
    if (flushing.isAwaited) start();
    else if (isBuffered && waiting.length > 0)
      running = Promise.resolve()
        .then(() => rebase([]))
        .finally(stopped);
  }

  function stopped(): void {
    running = undefined;
    onProgress();
    goOn();
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
          if (isBuffered) flushing.fail(error);
          await giveUp(group, error);
          onProgress(error);
          if (isBuffered) break;
        }
      }
    } finally {
      // In the same step as the last look at the queue, so that whoever comes later starts anew.
      running = undefined;
      if (pending() === 0) flushing.settle();
      onProgress();
    }
    goOn();
  }

  /** Settled within the turn, so that nobody shows another writer's page in between. */
  async function commitAndSettle(group: readonly Draft[]): Promise<boolean> {
    // Drafts build on what was shown when they were taken in: that must be the journal's end, and still be shown.
    if (journal.shown !== basis || headRevision(journal) !== basis) return false;
    const written = group.filter(isWritten);
    if (written.length === 0) {
      for (const draft of group) draft.committed(basis);
      flushing.settle(group.length);
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
    flushing.settle(group.length);
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
    const seen = forget(group);
    for (const draft of group) draft.failed(error);
    flushing.settle(group.length);
    if (isBuffered) tellUncovered(seen);
    await rebase([]);
  }

  /** Returns those that no later change of the queue covers. */
  function forget(drafts: readonly Draft[]): DraftChange[] {
    const all = drafts.flatMap(({ changes }) => changes);
    return all.filter(({ view, key, slot }) => view.queued.get(key) === slot && view.queued.delete(key));
  }

  /** Takes the drafts in again, in order; those that saw something which is different now are prepared anew. */
  async function rebase(first: readonly Draft[]): Promise<void> {
    basis = journal.shown;
    todo = [...first, ...queue];
    queue = [];
    inFlight = NONE;
    for (const draft of first) draft.origin.revisions = "";
    for (const { changes } of todo) for (const { view, key } of changes) view.queued.delete(key);
    if (isBuffered) for (const { changes } of [...todo, ...waiting]) keepShowing(changes);
    isRebasing = true;
    try {
      for (let draft = todo.shift() ?? waiting.shift(); draft; draft = todo.shift() ?? waiting.shift()) {
        redone = draft;
        let fit: Draft | undefined = draft;
        if (isRefused(journal, draft)) fit = undefined;
        else if (draft.isWhole || !holds(draft, isLoaded)) fit = await prepareAgain(draft);
        redone = undefined;
        stopShowing(draft.changes);
        if (fit !== undefined) admit(fit);
        else flushing.settle(1);
        if (isBuffered && fit !== draft) tellUncovered([...draft.changes, ...(fit?.changes ?? [])]);
      }
    } finally {
      isRebasing = false;
    }
  }

  const pending = () =>
    inFlight.length + queue.length + (redone === undefined ? 0 : 1) + todo.length + waiting.length;

  return {
    submit(draft) {
      if (isRefused(journal, draft)) return;
      flushing.take();
      // Whoever must wait is not overtaken: writes of one scope keep their order.
      const mustWait = isRebasing || waiting.length > 0 || !holds(draft, isLoaded);
      if (mustWait) waiting.push(draft);
      else admit(draft);
      if (!isBuffered) return start();
      if (mustWait) keepShowing(draft.changes);
      tell([draft]);
      goOn();
    },
    flush() {
      const settled = flushing.wait();
      if (flushing.isAwaited) start();
      return settled;
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
