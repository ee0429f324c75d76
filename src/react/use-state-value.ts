import { useMemo, useSyncExternalStore } from "react";
import { lasting, type Source, type ValuesIn, watching } from "./source.ts";

/**
 * The value of one key, now and after each change that can be seen: own writes, those of other tabs and processes, buffered
 * ones at once. The component renders again only when this key changes, and gets the same reference until it does; of
 * values with a Map, Set, Date or bytes that is one copy that all components share, so do not change it.
 *
 * `undefined` where there is no entry, while the source is still loading (undefined), and on a server. What passes its time
 * (`ttlMs`) goes at the next render, or when its removal is committed.
 *
 * @example
 * const { handle } = useScope(state, agent("researcher"));
 * const plan = useStateValue(handle, "plan");
 */
export function useStateValue<H extends Source, K extends keyof ValuesIn<H> & string>(
  source: H | undefined,
  key: K,
): ValuesIn<H>[K] | undefined;
/**
 * What `select` makes of the value. The component renders again only when that is another by `Object.is`. `select` is pure.
 *
 * @example
 * const step = useStateValue(handle, "plan", (plan) => plan?.step ?? 0);
 */
export function useStateValue<H extends Source, K extends keyof ValuesIn<H> & string, R>(
  source: H | undefined,
  key: K,
  select: (value: ValuesIn<H>[K] | undefined) => R,
): R;
export function useStateValue(
  source: Source | undefined,
  key: string,
  select: (value: unknown) => unknown = same,
): unknown {
  const subscribe = useMemo(() => watching(source, key), [source, key]);
  const read = useMemo(() => lasting(() => source?.peek(key as never)), [source, key]); // by the types above the key fits
  const selected = useMemo(() => selecting(read, select), [read, select]);
  const onServer = useMemo(() => selecting(nothing, select), [select]);
  return useSyncExternalStore(subscribe, selected, onServer);
}

/** Asks `select` once for each value, because what it makes may be a new object each time. */
function selecting(read: () => unknown, select: (value: unknown) => unknown): () => unknown {
  let last: { readonly from: unknown; readonly made: unknown } | undefined;
  return () => {
    const from = read();
    if (last === undefined || !Object.is(last.from, from)) last = { from, made: select(from) };
    return last.made;
  };
}

const same = (value: unknown) => value;
const nothing = () => undefined;
