import { StateError } from "../ground/error.ts";
import type { Revision } from "../ground/revision.ts";
import type { EventInput, ResyncData, UniversalEvent } from "./event.ts";

export interface QueueOptions {
  /** How many events may wait. Default 10,000. */
  readonly capacity?: number;
  /**
   * When more would wait: `resync` (default) keeps those that wait, counts what is missed, and tells of it by an event of
   * type `resync` before the next ones. `error` ends the queue with `unavailable` after those that wait.
   */
  readonly overflow?: "resync" | "error";
  /** Ends it at once; what still waits is dropped. */
  readonly signal?: AbortSignal;
}

/** Events that wait for one reader. It never makes the writer wait, and never loses anything without saying so. */
export interface EventQueue {
  /** The next event, if one waits. Throws `unavailable` once, after an overflow under `error`. */
  shift(): UniversalEvent | undefined;
  /** All that wait, at least one; waits for them. Empty when the queue has ended. Rejects as `shift` throws. */
  take(): Promise<readonly UniversalEvent[]>;
  /** Resolves when something waits or the queue has ended. */
  ready(): Promise<void>;
  /** No more comes, and nothing waits. */
  isOver(): boolean;
  /** Unsubscribes. What waits is dropped, and readers are told of the end. Safe to call twice. */
  close(): void;
}

/** The side that fills it. */
export interface QueueInlet {
  readonly queue: EventQueue;
  push(event: UniversalEvent): void;
  /** No more comes; what waits can still be read. */
  finish(): void;
}

/** What was missed since the queue was last empty. */
interface Gap {
  missed: number;
  from: Revision | undefined;
  last: UniversalEvent;
  to: Revision | undefined;
}

const DEFAULT_CAPACITY = 10_000;
/** So many read events may stay at the front before those behind are moved up. */
const COMPACT_AT = 1024;

/**
 * `makeResync` builds the event that tells of a gap; `unsubscribe` is called once, when no more is wanted. A signal that
 * has aborted before is the caller's to see.
 */
export function eventQueue(
  { capacity = DEFAULT_CAPACITY, overflow = "resync", signal }: QueueOptions,
  makeResync: (input: EventInput<ResyncData>, sequence: number) => UniversalEvent,
  unsubscribe: () => void,
): QueueInlet {
  checkOptions(capacity, overflow);
  let waiting: UniversalEvent[] = [];
  /** Where in `waiting` the next one is; the ones before have been read. */
  let head = 0;
  let gap: Gap | undefined;
  let lastRead: string | undefined;
  let failure: StateError | undefined;
  let isFinished = false;
  let wakeUps: (() => void)[] = [];

  const hasNext = () => head < waiting.length || gap !== undefined || failure !== undefined;

  function wake(): void {
    if (wakeUps.length === 0) return;
    const due = wakeUps;
    wakeUps = [];
    for (const resolve of due) resolve();
  }

  function finish(): void {
    if (isFinished) return;
    isFinished = true;
    signal?.removeEventListener("abort", close);
    unsubscribe();
    wake();
  }

  function close(): void {
    waiting = [];
    head = 0;
    gap = undefined;
    failure = undefined;
    finish();
  }

  function push(event: UniversalEvent): void {
    if (isFinished) return;
    if (gap === undefined && waiting.length - head < capacity) {
      waiting.push(event);
    } else if (overflow === "error") {
      failure = new StateError(
        "unavailable",
        `more than ${capacity} events waited for a subscriber; it was ended`,
      );
      finish();
    } else {
      gap ??= { missed: 0, from: undefined, to: undefined, last: event };
      gap.missed += 1;
      gap.from ??= event.revision;
      gap.to = event.revision ?? gap.to;
      gap.last = event;
    }
    wake();
  }

  /** Called when all that waited has been read, so the gap lies here. */
  function resync({ missed, from, to, last }: Gap): UniversalEvent {
    gap = undefined;
    const data: ResyncData = { missed, after: lastRead, from, to };
    return makeResync(
      { type: "resync", data, correlation: last.correlation, time: last.time },
      last.sequence,
    );
  }

  /** Once. */
  function throwFailure(): void {
    if (failure === undefined) return;
    const error = failure;
    failure = undefined;
    throw error;
  }

  function shift(): UniversalEvent | undefined {
    const event = waiting[head];
    if (event !== undefined) {
      head += 1;
      if (head === waiting.length) {
        waiting.length = 0;
        head = 0;
      } else if (head >= COMPACT_AT && head * 2 >= waiting.length) {
        waiting = waiting.slice(head);
        head = 0;
      }
      if (event.revision !== undefined) lastRead = event.id;
      return event;
    }
    if (gap !== undefined) return resync(gap);
    throwFailure();
    return undefined;
  }

  function takeAll(): readonly UniversalEvent[] {
    const events = head === 0 ? waiting : waiting.slice(head);
    waiting = [];
    head = 0;
    lastRead = events.findLast((event) => event.revision !== undefined)?.id ?? lastRead;
    if (gap !== undefined) events.push(resync(gap));
    if (events.length === 0) throwFailure();
    return events;
  }

  function ready(): Promise<void> {
    if (hasNext() || isFinished) return Promise.resolve();
    return new Promise((resolve) => wakeUps.push(resolve));
  }

  const queue: EventQueue = {
    shift,
    ready,
    close,
    isOver: () => isFinished && !hasNext(),
    async take() {
      while (!hasNext() && !isFinished) await ready();
      return takeAll();
    },
  };
  signal?.addEventListener("abort", close, { once: true });
  return { queue, push, finish };
}

function checkOptions(capacity: number, overflow: string): void {
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new StateError("invalid", "the capacity of an event queue is a whole number from 1");
  }
  if (overflow !== "resync" && overflow !== "error") {
    throw new StateError("invalid", 'overflow of an event queue is "resync" or "error"');
  }
}
