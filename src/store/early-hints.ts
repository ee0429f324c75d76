import type { Store } from "./store.ts";

/**
 * Listens from now on: what others commit while this opening still reads is told to the one listener as soon as it is there.
 */
export function withEarlyHints(store: Store): Store {
  let isMissed = false;
  let tell = () => {
    isMissed = true;
  };
  const stop = store.watch?.(() => tell());
  if (stop === undefined) return store;
  return {
    ...store,
    watch(onChange) {
      tell = onChange;
      if (isMissed) onChange();
      return stop;
    },
  };
}
