/** What runs in the page: one subject, one task, one sample. The driver in chromium.ts calls `bench`. */

import { batched, together } from "../bursts.ts";
import { entries } from "../values.ts";
import { subjects } from "./subjects/all.ts";
import type { Entry, Opened } from "./subjects/subject.ts";
import type { PageTask } from "./task.ts";

declare global {
  /** Set for the driver. */
  var bench: (task: PageTask) => Promise<number>;
}

globalThis.bench = async (task) => {
  const subject = subjects.find(({ name }) => name === task.subject);
  if (subject === undefined) throw new TypeError(`There is no subject ${task.subject} in the page`);
  const start = performance.now();
  const store = await subject.open(task.database);
  try {
    return await measured(task, store, start);
  } finally {
    await store.close();
    if (!task.keep) await removeAll();
  }
};

async function measured({ kind, count }: PageTask, store: Opened, start: number): Promise<number> {
  if (kind === "load") {
    const loaded = await store.load();
    if (loaded !== count) throw new TypeError(`${loaded} of ${count} entries were loaded`);
    return performance.now() - start;
  }
  const list = entries(count);
  switch (kind) {
    case "sequential":
      return sequential(store, list);
    case "together":
      return (await together(store, list)).value;
    case "batched":
      return (await batched(store, list)).value;
    case "get":
      return gets(store, list);
    default:
      for (let from = 0; from < count; from += 1_000) await store.setMany(list.slice(from, from + 1_000));
      return 0;
  }
}

/** Microseconds a set, one after the other. */
async function sequential(store: Opened, list: readonly Entry[]): Promise<number> {
  const start = performance.now();
  for (const [key, value] of list) await store.set(key, value);
  return ((performance.now() - start) * 1_000) / list.length;
}

/** Nanoseconds a get, after a warm-up. Most stores answer with a promise, which is awaited. */
async function gets(store: Opened, list: readonly Entry[]): Promise<number> {
  const keys = list.map(([key]) => key);
  if ((await store.load()) === 0) await store.setMany(list);
  const isSync = !(store.get(keys[0] ?? "") instanceof Promise);
  const rounds = isSync ? 200 : 1;
  let seen = 0;
  const round = async () => {
    if (isSync) for (const key of keys) seen += store.get(key) === undefined ? 0 : 1;
    else for (const key of keys) seen += (await store.get(key)) === undefined ? 0 : 1;
  };
  for (let i = 0; i < Math.ceil(rounds / 10); i++) await round();
  seen = 0;
  const start = performance.now();
  for (let i = 0; i < rounds; i++) await round();
  const took = performance.now() - start;
  if (seen !== rounds * keys.length) throw new TypeError("a get found nothing");
  return (took * 1e6) / (rounds * keys.length);
}

async function removeAll(): Promise<void> {
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined) continue;
    await new Promise<void>((resolve) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = request.onerror = request.onblocked = () => resolve();
    });
  }
}
