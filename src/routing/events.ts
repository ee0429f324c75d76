import type { EventStream, QueueOptions, Schema, StateEvents, StateManager } from "../index.ts";
import { mergedStream } from "../internal.ts";

/** The events of several stores. Each has an order of its own, so there is no place to read all of them from. */
export type RoutedEvents = Omit<StateEvents, "since">;

/** The events of all stores. A change is of one store, so it is told once. */
export function routedEvents<S extends Schema>(stores: readonly StateManager<S>[]) {
  const open = new Set<{ finish(): void }>();

  /** All or none: a store that refuses, as one that was closed by itself does, leaves nothing behind in the others. */
  function onAll(subscribe: (store: StateManager<S>) => () => void): () => void {
    const offs: (() => void)[] = [];
    const off = () => {
      for (const one of offs) one();
    };
    try {
      for (const store of stores) offs.push(subscribe(store));
    } catch (error) {
      off();
      throw error;
    }
    return off;
  }

  const events: RoutedEvents = {
    on: (pattern, handler) => onAll((store) => store.events.on(pattern, handler)),
    subscribe(pattern: string, options: QueueOptions = {}): EventStream {
      const entry = { finish: () => {} };
      const { stream, finish } = mergedStream((push) => {
        const off = onAll((store) => store.events.on(pattern, push));
        open.add(entry);
        return () => {
          open.delete(entry);
          off();
        };
      }, options);
      entry.finish = finish;
      return stream;
    },
  };
  /** After the stores were closed: streams end after what waits in them. */
  function finish(): void {
    for (const one of [...open]) one.finish();
  }
  return { events, finish };
}
