import { useMemo, useSyncExternalStore } from "react";
import { type EntriesOf, lasting, type Source, watching } from "./source.ts";

type Pair = readonly [key: string, value: unknown];

const NONE: readonly Pair[] = Object.freeze([]);

/**
 * All entries of a source in the order of `keys()`, now and after each change that can be seen. The list, and each pair in
 * it, is the same reference until it changes. Empty while the source is still loading (undefined), and on a server.
 *
 * @example
 * const { handle } = useScope(state, agent("researcher"));
 * return useEntries(handle).map(([key, value]) => <Row key={key} value={value} />);
 */
export function useEntries<H extends Source>(source: H | undefined): EntriesOf<H> {
  const subscribe = useMemo(() => gathered(watching(source, undefined)), [source]);
  const read = useMemo(() => entriesOf(source), [source]);
  return useSyncExternalStore(subscribe, read, none) as EntriesOf<H>; // what the source's types say of `keys` and `peek`
}

function entriesOf(source: Source | undefined): () => readonly Pair[] {
  if (source === undefined) return none;
  let last = NONE;
  let known = new Map<string, Pair>();
  return lasting(() => {
    const pairs = source.keys().map((key): Pair => {
      const value = source.peek(key as never); // one of its own keys
      const before = known.get(key);
      return before !== undefined && Object.is(before[1], value) ? before : [key, value];
    });
    if (pairs.length === last.length && pairs.every((pair, i) => pair === last[i])) return last;
    known = new Map(pairs.map((pair) => [pair[0], pair]));
    last = pairs;
    return last;
  });
}

/**
 * Tells of the first change in a turn at once and of the others together at its end: each time React compares all
 * entries, and a loop may write thousands.
 */
function gathered(subscribe: (listener: () => void) => () => void) {
  return (listener: () => void): (() => void) => {
    let isGathering = false;
    let isMore = false;
    let isOver = false;
    const stop = subscribe(() => {
      isMore = isGathering;
      if (isGathering) return;
      isGathering = true;
      queueMicrotask(() => {
        isGathering = false;
        if (isMore && !isOver) listener();
      });
      listener();
    });
    return () => {
      isOver = true;
      stop();
    };
  };
}

const none = () => NONE;
