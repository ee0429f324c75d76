/** Many sets at once, timed; for Node and for pages. Figures are microseconds a set. */

import type { Opened } from "./subjects/subject.ts";
import type { Entry } from "./values.ts";

type Writable = Pick<Opened, "set" | "setMany">;

/** All sets started in one turn and awaited together. */
export async function together(store: Writable, list: readonly Entry[]): Promise<{ value: number }> {
  const start = performance.now();
  await Promise.all(list.map(([key, value]) => store.set(key, value)));
  return { value: ((performance.now() - start) * 1_000) / list.length };
}

/** The store's own batch call. */
export async function batched(store: Writable, list: readonly Entry[]): Promise<{ value: number }> {
  const start = performance.now();
  await store.setMany(list);
  return { value: ((performance.now() - start) * 1_000) / list.length };
}
