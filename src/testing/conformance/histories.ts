import { utf8 } from "../../ground/bytes.ts";
import type { Batch, Store, Write } from "../../store/store.ts";
import { type SeededRandom, seededRandom } from "../random.ts";
import { type Bench, type CaseDefinition, key, put, remove, scanAll } from "./bench.ts";
import { CheckFailed, check, checkBytes, checkSame } from "./check.ts";

const STEPS = 150;
const NAMES = ["a", "a/", "a/0", "a/b", "a0", "ab", "b", "b/1", "b/2", "c.d", "e_", "~"];

type Model = Map<string, Uint8Array>;

function someWrites(random: SeededRandom, count: number, maxBytes: number): Write[] {
  const writes: Write[] = [];
  const names = new Set(NAMES);
  for (let i = 0; i < count; i++) {
    const name = random.pick([...names]);
    // Once in a batch each, for stores that take one put of a key in a while.
    names.delete(name);
    const size = random.chance(0.2) ? 0 : random.below(Math.min(maxBytes, 300));
    writes.push(random.chance(0.3) ? remove(name) : put(name, random.bytes(size)));
  }
  return writes;
}

function apply(model: Model, { writes, swap }: Batch): "committed" | "conflict" {
  if (swap !== undefined && `${model.get(swap.key)}` !== `${swap.from}`) return "conflict";
  for (const write of writes) {
    if ("put" in write) model.set(write.put, write.value);
    else model.delete(write.delete);
  }
  if (swap !== undefined) model.set(swap.key, swap.to);
  return "committed";
}

async function compareRange(store: Store, model: Model, random: SeededRandom): Promise<void> {
  const [from = "", to = ""] = [random.pick(NAMES), random.pick([...NAMES, "~~"])].sort();
  const [reverse, limit] = [random.chance(0.5), random.below(NAMES.length + 2)];
  const wanted = [...model]
    .filter(([name]) => name >= from && name < to)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (reverse) wanted.reverse();
  const range = { from: key(from), to: key(to), reverse, limit };
  const found = await scanAll(store, range, { maxBytes: 1 + random.below(600) });
  const what = `${from} to ${to}, ${reverse ? "reverse, " : ""}at most ${limit}`;
  checkSame(
    found.map((entry) => entry.key),
    wanted.slice(0, limit).map(([name]) => name),
    what,
  );
  for (const entry of found) checkBytes(entry.value, model.get(entry.key), `${entry.key} in ${what}`);
}

async function compareAll(store: Store, model: Model): Promise<void> {
  const values = await store.get(NAMES.map(key));
  for (const [i, name] of NAMES.entries()) checkBytes(values[i], model.get(name), name);
}

async function history({ open, settle }: Bench, random: SeededRandom): Promise<void> {
  const model: Model = new Map();
  let store = await open();
  const { maxValueBytes } = store.capabilities;
  for (let step = 0; step < STEPS; step++) {
    const choice = random.below(10);
    if (choice < 6) {
      const writes = someWrites(random, random.below(5), maxValueBytes);
      const from = random.chance(0.8) ? model.get("pointer") : utf8("never");
      const swap = { key: key("pointer"), from, to: utf8(`step ${step}`) };
      const batch = random.chance(0.5) ? { writes } : { writes, swap };
      checkSame(await store.commit(batch), apply(model, batch), `the outcome of step ${step}`);
      await settle();
      await compareAll(store, model);
    } else if (choice < 9) {
      await compareRange(store, model, random);
    } else {
      await store.close();
      store = await open({ readOnly: random.chance(0.2) });
      await compareAll(store, model);
      await store.close();
      store = await open();
    }
  }
}

/** Histories with a seed of their own; a failure names it, and `seed` in the fixture repeats it. */
export function histories(seed: number | undefined): CaseDefinition[] {
  return [0, 1, 2].map((n) => ({
    name: `history: random writes, swaps, reads and openings agree with a Map (${n + 1} of 3)`,
    async run(bench) {
      const own = (seed ?? Math.floor(Math.random() * 2 ** 31)) + n;
      try {
        await history(bench, seededRandom(own));
      } catch (error) {
        check(error instanceof Error, `not an error: ${String(error)}`);
        throw new CheckFailed(`seed ${own - n}: ${error.message}`, { cause: error });
      }
    },
  }));
}
