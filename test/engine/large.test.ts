import { describe, expect, it } from "vitest";
import { agent, type StateManager } from "../../src/index.ts";
import { profile, stateModel } from "../../src/testing.ts";
import { audit } from "./audit.ts";
import { crashOf, isThorough, leave, world } from "./world.ts";

const scopes = [agent("a"), agent("b"), agent("c")];
/** 25,000 changes and 10 MB: more than a page takes, so it is staged and takes effect by a marker. */
const changes = Array.from({ length: 25_000 }, (_, i) => ({
  scope: scopes[i % 3] ?? agent("a"),
  key: `k${i}`,
  value: (i % 1000 === 7 ? "big" : "v").padEnd(i % 1000 === 7 ? 30_000 : 380, "."),
}));

const profiles = [
  profile("batch, shared, strong"),
  profile("prefix, shared, strong", { atomicity: "prefix" }),
  profile("prefix, 128 writes and 1 MiB a batch", {
    atomicity: "prefix",
    maxValueBytes: 64 * 1024,
    maxBatch: { count: 128, bytes: 1024 * 1024 },
  }),
];

async function begin(state: StateManager): Promise<void> {
  await state.setMany([
    { scope: agent("a"), key: "k0", value: "before" },
    { scope: agent("b"), key: "kept", value: 1 },
  ]);
}

async function sizes(state: StateManager): Promise<number[]> {
  const found: number[] = [];
  for (const scope of scopes) {
    const handle = await state.scope(scope);
    found.push(handle.size);
    handle.close();
  }
  return found;
}

const before = [1, 1, 0];
const after = [8334, 8334, 8333];

describe.each(profiles)("a very large batch on a store that is $name", (kind) => {
  it("is all or nothing, whichever effect a crash comes at", { timeout: 120_000 }, async () => {
    const calm = world(kind);
    const first = await calm.open();
    await begin(first);
    const from = calm.backend.effects;
    const events: string[] = [];
    first.events.on("state.changed", ({ revision = "" }) => void events.push(revision));
    const result = await first.setMany(changes);
    const effects = calm.backend.effects - from;
    expect(new Set(events)).toEqual(new Set([result.status === "committed" ? result.revision : ""]));
    expect(events.length).toBe(changes.length);
    expect(await sizes(first)).toEqual(after);
    await first.close();
    expect(await audit(calm.backend)).toMatchObject({ missing: [], unreachable: [] });
    const reader = await calm.open({ require: { readOnly: true } });
    expect(await sizes(reader)).toEqual(after);
    await reader.close();

    const samples = isThorough ? effects : 5;
    const points = Array.from(
      { length: samples },
      (_, i) => from + 1 + Math.round((i * (effects - 1)) / (samples - 1)),
    );
    const outcomes: string[] = [];
    for (const [i, at] of points.entries()) {
      const broken = world(kind, at);
      const state = await broken.open();
      await begin(state);
      broken.backend.plan({ at, kind: i % 2 === 0 ? "crash-after" : "crash-before" });
      const crash = await crashOf(state.setMany(changes));
      await leave(state);
      broken.backend.crash();
      const reopened = await broken.open();
      const size = await sizes(reopened);
      expect([before, after], `effect ${at}`).toContainEqual(size);
      if (crash === undefined) expect(size).toEqual(after);
      outcomes.push(size[0] === 1 ? "nothing" : "all");
      await reopened.set("next", 1);
      await reopened.close();
      const { missing, unreachable } = await audit(broken.backend);
      expect({ missing, unreachable }, `effect ${at}`).toEqual({ missing: [], unreachable: [] });
    }
    console.log(`${kind.name}: ${effects} effects; crashes left ${outcomes.join(", ")}`);
  });

  it("is staged again when another writer sweeps and fences in between", { timeout: 60_000 }, async () => {
    const calm = world(kind);
    const first = await calm.open();
    await begin(first);
    const from = calm.backend.effects;
    await first.setMany(changes);
    const effects = calm.backend.effects - from;
    await first.close();
    for (const share of isThorough ? [0.1, 0.5, 0.8, 0.9, 1] : [0.5, 1]) {
      const at = world(kind, 3);
      const one = await at.open();
      await begin(one);
      const freeze = at.backend.freeze(from + Math.max(1, Math.round(effects * share)));
      const model = stateModel();
      const work = one.setMany(changes);
      await Promise.race([freeze.reached, work]);
      const two = await at.open();
      await two.setMany([{ scope: agent("a"), key: "k3", value: "theirs" }]);
      await two.checkpoint();
      await two.close();
      freeze.thaw();
      expect(await work).toMatchObject({ status: "committed" });
      model.batch([{ scope: agent("b"), key: "kept", value: 1 }]);
      model.batch(changes);
      expect(await model.differences(one)).toEqual([]);
      await one.set("n", 1);
      await one.close();
      expect(await audit(at.backend)).toMatchObject({ missing: [], unreachable: [] });
    }
  });
});
