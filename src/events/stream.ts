import type { UniversalEvent } from "./event.ts";
import type { EventQueue } from "./queue.ts";

/**
 * The events of one subscription, from the moment it was made. Read it by `for await`, or by `batches()` where there are
 * many; leaving the loop unsubscribes. For one reader.
 */
export interface EventStream<E = UniversalEvent> extends AsyncIterableIterator<E, undefined> {
  next(): Promise<IteratorResult<E, undefined>>;
  /** Unsubscribes; what waits is dropped. */
  return(): Promise<IteratorResult<E, undefined>>;
  /** All that wait at once, never none: one turn of the loop for many events. */
  batches(): AsyncIterableIterator<readonly E[], undefined>;
  [Symbol.asyncIterator](): EventStream<E>;
}

const DONE = Object.freeze({ done: true, value: undefined } as const);

export function eventStream(queue: EventQueue): EventStream {
  /** Calls of `next` that wait. Later ones wait behind them, so that events are given out in the order of the calls. */
  let readers = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function pull(): Promise<IteratorResult<UniversalEvent, undefined>> {
    try {
      for (;;) {
        const value = queue.shift();
        if (value !== undefined) return { done: false, value };
        if (queue.isOver()) return DONE;
        await queue.ready();
      }
    } finally {
      readers -= 1;
    }
  }

  function end(): Promise<typeof DONE> {
    queue.close();
    return Promise.resolve(DONE);
  }

  const stream: EventStream = {
    next() {
      readers += 1;
      if (readers === 1) {
        const only = pull();
        turn = only;
        return only;
      }
      const mine = turn.then(pull, pull);
      turn = mine;
      return mine;
    },
    return: end,
    batches() {
      const batches: AsyncIterableIterator<readonly UniversalEvent[], undefined> = {
        async next() {
          const value = await queue.take();
          return value.length === 0 ? DONE : { done: false, value };
        },
        return: end,
        [Symbol.asyncIterator]: () => batches,
      };
      return batches;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
