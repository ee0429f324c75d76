import { describe, expect, it } from "vitest";
import { agent, globalScope, type StateManager } from "../../src/index.ts";
import { stateModel } from "../../src/testing.ts";
import { audit } from "./audit.ts";
import { BIG } from "./workload.ts";
import { crashOf, inParallel, leave, sharedProfiles, world } from "./world.ts";

const A = agent("a");

async function everything(state: StateManager): Promise<number> {
  let count = 0;
  const end = new AbortController();
  let timer = setTimeout(() => end.abort(), 50);
  for await (const _ of state.events.since(undefined, end.signal)) {
    count++;
    clearTimeout(timer);
    timer = setTimeout(() => end.abort(), 5);
  }
  return count;
}

describe.each(sharedProfiles)("sweeping a store that is $name", (profile) => {
  it("never takes what a checkpoint of a writer with a fast clock wrote", async () => {
    const at = world(profile);
    const model = stateModel({ now: at.now });
    const fill = async (state: StateManager, from: number, count: number) => {
      const changes = Array.from({ length: count }, (_, i) => ({
        scope: A,
        key: `k${String(from + i).padStart(4, "0")}`,
        value: `${from}`.padEnd(300, "f"),
      }));
      await state.setMany(changes);
      model.batch(changes);
    };
    // Many blocks, so that later checkpoints leave most of them to this one.
    const fast = await at.open({ skewMs: 3_600_000 });
    await fill(fast, 0, 400);
    at.advance(1000);
    await fast.close();
    for (let round = 0; round < 4; round++) {
      at.advance(10);
      const slow = await at.open({ skewMs: -round * 1000 });
      // The blocks of the fast clock get a parent of the slow one, which then stays as it is.
      if (round === 0) await fill(slow, 0, 1);
      for (let i = 0; i < 3; i++) {
        await slow.set("g", i);
        model.set(globalScope(), "g", i);
        await slow.checkpoint();
      }
      await slow.close();
      const { missing, unreachable } = await audit(at.backend);
      expect({ missing, unreachable }, `round ${round}`).toEqual({ missing: [], unreachable: [] });
    }
    const reader = await at.open({ require: { readOnly: true } });
    expect(await model.differences(reader)).toEqual([]);
    await reader.close();
  });

  it("never takes merged pages that began before the sweep and were merged after it", async () => {
    const at = world(profile);
    let written = 0;
    for (let round = 0; round < 3; round++) {
      at.advance(10);
      const state = await at.open();
      await state.set("a", ++written);
      // Commits that come in while a checkpoint and its sweep are under way.
      const during = (async () => {
        for (let i = 0; i < 10; i++) await state.set(`d${i}`, `${"p".repeat(12_000)}${++written}`);
      })();
      await state.checkpoint();
      await during;
      await state.set("z", ++written);
      await state.close();
      const { missing, unreachable } = await audit(at.backend);
      expect({ missing, unreachable }, `round ${round}`).toEqual({ missing: [], unreachable: [] });
    }
    const reader = await at.open({ require: { readOnly: true } });
    expect(await everything(reader)).toBe(written);
    await reader.close();
  });

  it("keeps the list of garbage short while writers take turns", async () => {
    const at = world(profile);
    const [one, two] = [await at.open(), await at.open()];
    const sizes: number[] = [];
    for (let round = 0; round < 12; round++) {
      for (const state of [one, two]) {
        await state.refresh();
        await state.set("n", round);
        await state.checkpoint();
      }
      const listed = [...at.backend.contents()].filter(
        ([key]) => key.startsWith("b/") || key.startsWith("s/"),
      );
      sizes.push(listed.reduce((sum, [, bytes]) => sum + bytes.length, 0));
    }
    await one.close();
    await two.close();
    // The page directory grows with the history; nothing else does.
    expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[3] ?? 0) + 2000);
    expect(await audit(at.backend)).toMatchObject({ missing: [], unreachable: [] });
  });

  it("a reader far behind finds its way through merged pages", async () => {
    const at = world(profile);
    const writer = await at.open();
    await writer.set("n", 0);
    await writer.setWithHooks(A, "k", "old");
    await writer.checkpoint();
    const reader = await at.open({ require: { readOnly: true } });
    const told: unknown[] = [];
    reader.events.on("state.changed", ({ data }) => {
      told.push(data.newValue);
      expect(data.oldValue).not.toEqual(data.newValue);
    });
    for (let i = 1; i <= 30; i++) {
      await writer.set("n", i);
      if (i % 10 === 0) await writer.checkpoint();
    }
    await writer.setWithHooks(A, "k", BIG);
    await writer.checkpoint();
    // What it knew of is deleted by now. It sees what was or what is, and no error.
    expect(["old", BIG]).toContain(await reader.read(A, "k"));
    const handle = await reader.scope(A);
    expect(["old", BIG]).toContain(handle.get("k"));
    await reader.refresh();
    expect(handle.get("k")).toBe(BIG);
    expect(reader.get("n")).toBe(30);
    expect(told.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(at.logged).toEqual([]);
    await reader.close();
    await writer.close();
  });
});

describe.each(sharedProfiles)("opening and reading a store that is $name", (profile) => {
  it("changes no data, also after a crash", async () => {
    const at = world(profile);
    const state = await at.open();
    await state.set("a", 1);
    await state.checkpoint();
    await state.setWithHooks(A, "big", BIG, { ttlMs: 5 });
    await state.set("b", 2);
    at.backend.crash();
    at.advance(1000);
    const before = at.backend.contents();
    const reader = await at.open();
    expect(reader.get("b")).toBe(2);
    expect(await reader.read(A, "big")).toBeUndefined();
    const handle = await reader.scope(A);
    expect(handle.get("big")).toBeUndefined();
    await reader.timeline("x");
    await reader.scopes();
    await reader.refresh();
    await reader.close();
    expect(at.backend.contents()).toEqual(before);
  });
});

// Where a commit is one effect, a crash leaves nothing behind.
const leaving = sharedProfiles.filter(({ capabilities }) => capabilities.atomicity === "prefix");
describe.each(leaving)("a sweep of a store that is $name", (profile) => {
  it("goes on where a sweep was cut short", { timeout: 60_000 }, async () => {
    /** A store with the leavings of a crash, and a program that is about to sweep them. */
    const prepare = async (seed: number) => {
      const at = world(profile, seed);
      const state = await at.open();
      for (let i = 0; i < 6; i++) await state.setWithHooks(A, `k${i}`, BIG);
      at.backend.plan({ at: at.backend.effects + 9, kind: "crash-before" });
      await crashOf(state.checkpoint());
      await crashOf(state.setWithHooks(A, "late", BIG));
      at.backend.crash();
      const next = await at.open();
      await next.set("next", 1);
      return { at, next, from: at.backend.effects };
    };
    const calm = await prepare(1);
    await calm.next.close();
    const effects = calm.at.backend.effects - calm.from;
    await inParallel(
      Array.from({ length: effects }, (_, i) => i + 1),
      async (n) => {
        const { at, next, from } = await prepare(n);
        at.backend.plan({ at: from + n, kind: n % 2 === 0 ? "crash-before" : "crash-after" });
        await leave(next);
        at.backend.crash();
        for (let life = 0; life < 2; life++) {
          const again = await at.open();
          await again.set("again", life);
          await again.close();
        }
        const { missing, unreachable } = await audit(at.backend);
        expect({ missing, unreachable }, `effect ${n}`).toEqual({ missing: [], unreachable: [] });
      },
    );
  });
});
