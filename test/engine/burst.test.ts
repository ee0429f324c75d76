import { describe, expect, it } from "vitest";
import { agent, modify, proceed } from "../../src/index.ts";
import { stateModel } from "../../src/testing.ts";
import { audit } from "./audit.ts";
import { engineProfiles, world } from "./world.ts";

const A = agent("a");
const [strongest] = engineProfiles;
if (strongest === undefined) throw new RangeError("no profiles");

describe("very many writes", () => {
  it("10,000 concurrent sets of one scope are a handful of commits, in order", async () => {
    const at = world(strongest);
    const state = await at.open();
    const handle = await state.scope(A);
    const told: unknown[] = [];
    state.events.on("state.changed", ({ data }) => void told.push(data.newValue));
    const results = await Promise.all(Array.from({ length: 10_000 }, (_, i) => handle.set(`k${i % 7}`, i)));
    expect(at.backend.effects).toBeLessThan(20);
    const revisions = results.map((r) => (r.status === "committed" ? r.revision : ""));
    expect(revisions).toEqual([...revisions].sort());
    expect(new Set(revisions).size).toBe(10_000);
    expect(told).toEqual(results.map((_, i) => i));
    expect(handle.get("k3")).toBe(9999 - ((9999 - 3) % 7));
    await state.close();
  });

  it("hooks see the latest queued value", async () => {
    const at = world(strongest);
    const state = await at.open();
    state.hooks.on("before_state_change", { id: "sum" }, (change) =>
      typeof change.oldValue === "number" ? modify(change.oldValue + 1) : proceed(),
    );
    await Promise.all(Array.from({ length: 1000 }, () => state.set("n", 1)));
    expect(state.get("n")).toBe(1000);
    await state.close();
  });

  it("a scope grows to 10,000 keys and shrinks again, through many checkpoints", {
    timeout: 60_000,
  }, async () => {
    const at = world(strongest);
    const model = stateModel();
    let state = await at.open();
    const keys = Array.from({ length: 10_000 }, (_, i) => `k${(i * 7919) % 10_000}`);
    const rounds = [
      ...Array.from({ length: 20 }, (_, i) => [i, "set"] as const),
      ...Array.from({ length: 20 }, (_, i) => [i, "delete"] as const),
    ];
    for (const [i, operation] of rounds) {
      const changes = keys
        .slice(i * 500, (i + 1) * 500)
        .map((key) => ({ scope: A, key, operation, value: { key, filler: "z".repeat(i * 3) } }));
      await state.setMany(changes);
      model.batch(changes);
      await state.checkpoint();
      if (i % 7 === 3) {
        await state.close();
        state = await at.open();
      }
      if (i % 10 === 9) expect(await model.differences(state)).toEqual([]);
    }
    expect(await state.scopes()).toEqual([]);
    await state.close();
    expect(await audit(at.backend)).toMatchObject({ missing: [], unreachable: [] });
  });
});
