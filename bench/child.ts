/** The fresh process of cold.ts: one task, one line of JSON. */

import type { Task } from "./cold.ts";
import { subjectNamed } from "./subjects/all.ts";
import type { Opened } from "./subjects/subject.ts";
import type { Value } from "./values.ts";
import type { Sample } from "./workloads/workload.ts";

const task: Task = JSON.parse(process.argv[2] ?? "{}");
const tasks = { load, memory, get };
const subject = subjectNamed(task.subject);
const beforeImport = performance.now();
for (const name of subject.imports ?? []) await import(name);
const imported = performance.now() - beforeImport;
console.log(JSON.stringify(await tasks[task.kind]()));

/** Milliseconds from before the open until every value was read. */
async function load(): Promise<Sample> {
  const start = performance.now();
  const store = await subject.open(task.dir);
  const opened = performance.now();
  const { count } = await store.load();
  const end = performance.now();
  check(count);
  await store.close();
  return { value: end - start, "open ms": opened - start, "read ms": end - opened, "import ms": imported };
}

/** Megabytes after a collection, less what they were before the open; code that was imported counts for nobody. */
async function memory(): Promise<Sample> {
  const before = used();
  const store = await subject.open(task.dir);
  const loaded = task.read === false ? undefined : await store.load();
  if (loaded !== undefined) check(loaded.count);
  const after = used();
  await keepAlive(store, loaded?.hold);
  return { value: (after - before) / 1e6 };
}

/** Nanoseconds a get, over all keys in turn. */
async function get(): Promise<Sample> {
  const store = await subject.open(task.dir);
  if (task.subject === "Map") check((await store.load()).count);
  const keys = Array.from({ length: task.count }, (_, index) => `k${index}`);
  const rounds = Math.ceil((task.gets ?? 1_000_000) / keys.length);
  const loop = store.get("k0") instanceof Promise ? getsAwaited : gets;
  await loop(store, keys, Math.ceil(rounds / 4));
  const start = performance.now();
  const last = await loop(store, keys, rounds);
  const value = ((performance.now() - start) * 1e6) / (rounds * keys.length);
  await keepAlive(store, last);
  return { value };
}

function gets(
  store: Opened,
  keys: readonly string[],
  rounds: number,
): Value | Promise<Value | undefined> | undefined {
  let last: Value | Promise<Value | undefined> | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const key of keys) {
      const value = store.get(key);
      if (value === undefined) throw new TypeError(`${key} is absent`);
      last = value;
    }
  }
  return last;
}

async function getsAwaited(
  store: Opened,
  keys: readonly string[],
  rounds: number,
): Promise<Value | undefined> {
  let last: Value | undefined;
  for (let round = 0; round < rounds; round++) {
    for (const key of keys) {
      last = await store.get(key);
      if (last === undefined) throw new TypeError(`${key} is absent`);
    }
  }
  return last;
}

/** `external` already counts array buffers. */
function used(): number {
  for (let pass = 0; pass < 4; pass++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function keepAlive(store: Opened, hold: unknown): Promise<void> {
  if (hold === null) throw new TypeError("Nothing was read");
  await store.close();
}

function check(count: number): void {
  if (count !== task.count)
    throw new TypeError(`${task.subject} holds ${count} entries instead of ${task.count}`);
}
