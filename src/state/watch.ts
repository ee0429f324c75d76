/** Who is told that a scope shows something else: by key, and under `undefined` those who look at all of it. */
export type Watchers = Map<string | undefined, Set<() => void>>;

interface Watched {
  /** Only while there are any. */
  watchers: Watchers | undefined;
}

/** Returns what ends it. It also ends with whatever `isOpen` tells of. `listener` must not throw. */
export function watch(
  view: Watched,
  key: string | undefined,
  listener: () => void,
  isOpen: () => boolean,
): () => void {
  view.watchers ??= new Map();
  const all = view.watchers;
  const those = all.get(key) ?? new Set();
  all.set(key, those);
  const call = () => {
    if (!isOpen()) stop();
    else if (those.has(call)) listener();
  };
  const stop = () => {
    those.delete(call);
    if (those.size === 0 && all.get(key) === those) all.delete(key);
    if (all.size === 0 && view.watchers === all) view.watchers = undefined;
  };
  those.add(call);
  return stop;
}

/** The keys show something else: tells those who watch, each once. To be called when nothing is half done. */
export function tell(
  drafts: readonly { readonly changes: readonly { readonly view: Watched; readonly key: string }[] }[],
): void {
  let told: Set<() => void> | undefined;
  for (const { changes } of drafts) {
    for (const { view, key } of changes) {
      if (view.watchers === undefined) continue;
      told ??= new Set();
      for (const which of [key, undefined]) for (const call of view.watchers.get(which) ?? []) told.add(call);
    }
  }
  for (const call of told ?? []) call();
}
