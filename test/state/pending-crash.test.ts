import { expect, test } from "vitest";
import {
  agent,
  globalScope,
  type PersistenceOptions,
  type StateChangeData,
  type StateManager,
} from "../../src/index.ts";
import { type DegradedBackend, degraded, type FaultKind, profile } from "../../src/testing.ts";
import { type Program, type Surroundings, surroundings } from "./program.ts";
import { open } from "./world.ts";

const buffered: PersistenceOptions = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000 };
const { capabilities } = profile("strong");

/** Where a life ends: at an effect on the store, or before an operation on the pending store. */
type End =
  | { readonly at: "effect"; readonly number: number; readonly kind: FaultKind }
  | { readonly at: "pending"; readonly number: number }
  /** Right after the page was hidden. */
  | { readonly at: "once" };

interface World {
  readonly backend: DegradedBackend;
  readonly around: Surroundings;
}

const label = (end: End) => JSON.stringify(end);

/** What each buffered write does, and what the journal then tells of it. */
const writes: { readonly run: (state: StateManager) => Promise<unknown>; readonly told: string[] }[] = [
  { run: (s) => s.set("a", 1, { correlationId: "run" }), told: ["global a 1"] },
  { run: (s) => s.set("a", 2, { correlationId: "run" }), told: ["global a 2"] },
  { run: (s) => s.update("b", (b) => (b as number) + 1), told: ["global b 11"] },
  { run: (s) => s.delete("c"), told: ["global c -"] },
  {
    run: (s) =>
      s.batch((tx) => {
        tx.set(globalScope(), "d", 1);
        tx.set(agent("x"), "d", 2);
      }),
    told: ["global d 1", "agent:x d 2"],
  },
  { run: (s) => s.update("b", (b) => (b as number) + 1), told: ["global b 12"] },
];

async function begin(world: World, end: End): Promise<{ state: StateManager; program: Program }> {
  const program = world.around.program(() => world.backend.crash());
  const state = await open({
    storage: world.backend.adapter(),
    persistence: buffered,
    ports: { lifecycle: program.lifecycle },
  });
  if (end.at === "effect") world.backend.plan({ at: world.backend.effects + end.number, kind: end.kind });
  if (end.at === "pending") program.dieAt(end.number);
  return { state, program };
}

async function finish({ state, program }: { state: StateManager; program: Program }): Promise<void> {
  program.die();
  await state.close().catch((error: unknown) => error);
}

/** The journal after `from`, a line for each change. */
async function journalSince(state: StateManager, from: string): Promise<string[]> {
  const lines: string[] = [];
  const end = new AbortController();
  if (state.headRevision === from) return lines;
  for await (const event of state.events.since(from, end.signal)) {
    const { revision } = event;
    const data = event.data as StateChangeData; // by `since`
    lines.push(`${data.scope} ${data.key} ${data.operation === "set" ? JSON.stringify(data.newValue) : "-"}`);
    // The last commit may have several changes.
    if (revision === state.headRevision) setTimeout(() => end.abort());
  }
  return lines;
}

/** Three lives: one that buffers and is hidden, one that takes in what is left, one that must find all done. */
async function live(first: End, second: End, between?: (state: StateManager) => Promise<unknown>) {
  const world: World = { backend: degraded({ capabilities }), around: surroundings() };
  const before = await open({ storage: world.backend.adapter() });
  for (const [key, value] of [["a", 0] as const, ["b", 10] as const, ["c", 0] as const])
    await before.set(key, value);
  const from = before.headRevision;
  await before.close();

  const one = await begin(world, first);
  for (const { run } of writes) await run(one.state);
  const hidden = one.program.suspend();
  if (first.at !== "once") await hidden;
  await finish(one);
  const left = world.around.entries.size;

  if (between !== undefined) {
    const other = await open({ storage: world.backend.adapter() });
    await between(other);
    await other.close();
  }
  const two = await begin(world, second);
  await two.state.flush().catch((error: unknown) => error);
  await finish(two);

  const three = await begin(world, { at: "once" });
  await three.state.flush();
  const journal = await journalSince(three.state, from);
  const entries = world.around.entries.size;
  const state = three.state;
  const values = { a: state.get("a"), b: state.get("b"), c: state.get("c"), d: state.get("d") };
  await finish(three);
  return { journal, entries, values, left };
}

const effects = (count: number): End[] =>
  Array.from({ length: count }, (_, i) => i + 1).flatMap((number) => [
    { at: "effect", number, kind: "crash-before" } as const,
    { at: "effect", number, kind: "crash-after" } as const,
  ]);
const pendings = (count: number): End[] =>
  Array.from({ length: count }, (_, i) => ({ at: "pending", number: i + 1 }) as const);

const firstEnds: End[] = [{ at: "once" }, ...effects(1), ...pendings(2 * writes.length)];
const secondEnds: End[] = [{ at: "once" }, ...effects(4), ...pendings(writes.length)];

/** Side by side: a program that was killed asks for a while what became of its last commit. */
async function atEachStep(check: (second: End) => Promise<void>): Promise<void> {
  await Promise.all(secondEnds.map(check));
}

test.each(firstEnds.map((end) => [label(end), end] as const))(
  "killed at %s, then at every step of taking in: all that was kept happens once, in order",
  async (_, first) => {
    await atEachStep(async (second) => {
      const { journal, entries, left } = await live(first, second);
      const story = `${label(first)} ${label(second)}`;
      // Killed while it was being kept: what was kept is a beginning.
      const isCut = first.at === "pending" && first.number <= writes.length;
      const whole = isCut ? writes.slice(0, first.number - 1) : writes;
      if (isCut) expect(left, story).toBe(first.number - 1);
      const told = whole.flatMap((one) => one.told);
      expect(journal, story).toEqual(told);
      expect(entries, story).toBe(0);
    });
  },
);

test("killed at every step, what another writer stored since is never overwritten, and the rest happens once", async () => {
  await atEachStep(async (second) => {
    const { journal, entries, values } = await live({ at: "once" }, second, async (other) => {
      await other.set("a", "newer");
      await other.set("d", "newer");
      await other.delete("d");
    });
    const story = label(second);
    expect(values, story).toEqual({ a: "newer", b: 12, c: undefined, d: undefined });
    expect(journal.slice(0, 3), story).toEqual(['global a "newer"', 'global d "newer"', "global d -"]);
    expect(journal.slice(3), story).toEqual(["global b 11", "global c -", "global b 12"]);
    expect(entries, story).toBe(0);
  });
});

test("killed at every step, a cleared scope stays clear", async () => {
  await atEachStep(async (second) => {
    const { values, entries } = await live({ at: "once" }, second, (other) => other.clear());
    // What was there is gone. A batch of new keys was made on nothing, and nothing was there to be cleared.
    expect(values, label(second)).toEqual({ a: undefined, b: undefined, c: undefined, d: 1 });
    expect(entries).toBe(0);
  });
});
