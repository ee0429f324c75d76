import { type Handle, isStateError, type ScopeValues, type StateManager } from "../index.ts";

/** What the hooks read: a handle, or a store, which stands for its global scope. */
export interface Source {
  keys(): string[];
  peek(key: never): unknown;
  watch(key: undefined, listener: () => void): () => void;
}

/** The types of a source's values by key. */
export type ValuesIn<H> =
  H extends StateManager<infer S> ? ScopeValues<S, "global"> : H extends Handle<infer V> ? V : never;

/** Pairs of a key and its value. */
export type EntriesOf<H> = readonly {
  readonly [K in keyof ValuesIn<H> & string]: readonly [key: K, value: ValuesIn<H>[K]];
}[keyof ValuesIn<H> & string][];

/**
 * Reads, and keeps what came of it. A handle may be closed a moment before its reader goes: `useScope` closes it while the
 * tree is being taken down or hidden. Such a reader shows what it showed last. One that never showed anything throws `closed`.
 */
export function lasting<T>(read: () => T): () => T {
  let last: { readonly value: T } | undefined;
  return () => {
    try {
      last = { value: read() };
    } catch (error) {
      if (last === undefined || !isStateError(error, "closed")) throw error;
    }
    return last.value;
  };
}

/** What `useSyncExternalStore` subscribes with: hears of one key, or of any. */
export function watching(source: Source | undefined, key: string | undefined) {
  // The caller's types pair the key with the source.
  return (listener: () => void) =>
    source === undefined ? unheard : unlessClosed(() => source.watch(key as undefined, listener));
}

/** Subscribes, and returns the way to stop. What is closed has nothing more to tell. */
export function unlessClosed(subscribe: () => () => void): () => void {
  try {
    return subscribe();
  } catch (error) {
    if (!isStateError(error, "closed")) throw error;
    return unheard;
  }
}

const unheard = () => {};
