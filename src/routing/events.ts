import type { EventStream, QueueOptions, Schema, StateEvents, StateManager } from "../index.ts";
import { mergedStream } from "../internal.ts";

/** The events of several stores. Each has an order of its own, so there is no place to read all of them from. */
export type RoutedEvents = Omit<StateEvents, "since">;

/** The events of all stores. A change is of one store, so it is told once. */
export function routedEvents<S extends Schema>(stores: readonly StateManager<S>[]) {
  const open = new Set<{ finish(): void }>();

  /** All or none: a pattern that is refused leaves nothing behind. */
  function onAll(subscribe: (store: StateManager<S>) => () => void): () => void {
    const offs = stores.map(subscribe);
    return () => {
      for (const off of offs) off();
    };
  }

  const events: RoutedEvents = {
    on: (pattern, handler) => onAll((store) => store.events.on(pattern, handler)),
    subscribe(pattern: string, options: QueueOptions = {}): EventStream {
      const entry = { finish: () => {} };
      open.add(entry);
      const merged = mergedStream(
        (push) => onAll((store) => store.events.on(pattern, push)),
        options,
        () => open.delete(entry),
      );
      entry.finish = merged.finish;
      return merged.stream;
    },
  };
  /** After the stores were closed: streams end after what waits in them. */
  function finish(): void {
    for (const one of [...open]) one.finish();
  }
  return { events, finish };
}
