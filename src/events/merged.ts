import { nanoid } from "nanoid";
import { makeEvent, type UniversalEvent } from "./event.ts";
import { eventQueue, type QueueOptions } from "./queue.ts";
import { type EventStream, eventStream } from "./stream.ts";

/** The events of several sources in the order in which they are told, bounded as one. */
export interface MergedStream {
  readonly stream: EventStream;
  /** The sources have ended; what waits can still be read. */
  finish(): void;
}

/**
 * `follow` subscribes to all sources and returns what ends that; it is called once, when nobody reads any more.
 * Throws `invalid` for options out of range, and what `follow` throws; then nothing listens to the signal.
 */
export function mergedStream(
  follow: (push: (event: UniversalEvent) => void) => () => void,
  options: QueueOptions,
): MergedStream {
  let stop = () => {};
  const naming = { id: nanoid, now: () => Date.now() };
  const { queue, push, finish } = eventQueue(
    options,
    (input, sequence) => makeEvent(input, sequence, naming),
    () => stop(),
  );
  try {
    stop = follow(push);
  } catch (error) {
    queue.close();
    throw error;
  }
  if (options.signal?.aborted === true) queue.close();
  return { stream: eventStream(queue), finish };
}
