import { afterEach, describe, expect, test } from "vitest";
import { modify, type Revision } from "../../src/index.ts";
import { engineOf } from "../../src/internal.ts";
import { data, endAll, type Life, type Origin, origin, stall, vanish } from "./pending-world.ts";
import { collect, handClock, open, turns } from "./world.ts";

afterEach(endAll);

/** Ends a life at once, and lets the next one take in what it left. */
async function nextLife(at: Origin, last: Life) {
  at.kill(last);
  const { state } = await at.live();
  const superseded = collect(state, "pending.superseded");
  await state.flush();
  return { state, superseded };
}

describe("never over newer data (C19)", () => {
  test.each([["set"], ["delete"], ["clear"]] as const)("a %s that was committed since wins", async (how) => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    await first.state.flush();
    const other = await at.live({ persistence: {} });
    await first.state.set("k", 2);
    await stall(at, first);
    if (how === "set") await other.state.set("k", 5);
    else if (how === "delete") await other.state.delete("k");
    else await other.state.clear();
    const { state, superseded } = await nextLife(at, first);
    expect(state.get("k")).toBe(how === "set" ? 5 : undefined);
    expect(data(superseded)).toEqual([{ scope: "global", key: "k", operation: "set", value: 2 }]);
    expect(at.around.entries.size).toBe(0);
  });

  test("nor where an entry came and went since: absent is not what it was", async () => {
    const at = origin();
    const first = await at.live();
    const other = await at.live({ persistence: {} });
    await first.state.set("k", 2);
    await stall(at, first);
    await other.state.set("k", 5);
    await other.state.delete("k");
    const { state, superseded } = await nextLife(at, first);
    expect([state.has("k"), superseded.length, at.around.entries.size]).toEqual([false, 1, 0]);
  });

  test("nor where it came and went while hooks were asked", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    vanish(at, first);
    const { state } = await at.live();
    const other = await at.live({ persistence: {} });
    let isFirst = true;
    state.hooks.on("before_state_change", { id: "slow" }, async () => {
      if (!isFirst) return;
      isFirst = false;
      await other.state.set("k", "theirs");
      await other.state.delete("k");
    });
    const superseded = collect(state, "pending.superseded");
    await state.flush();
    expect([state.has("k"), superseded.length]).toEqual([false, 1]);
  });

  test("nor what its own program had been shown by then", async () => {
    const at = origin();
    const first = await at.live();
    const other = await at.live({ persistence: {} });
    await first.state.set("k", 1);
    await other.state.set("k", "theirs");
    await first.state.refresh();
    await stall(at, first);
    const { state, superseded } = await nextLife(at, first);
    expect([state.get("k"), superseded.length]).toEqual(["theirs", 1]);
  });

  /** A deletion that landed, and a value on top of it that did not. */
  async function deletedThenSet(at: Origin): Promise<void> {
    const first = await at.live();
    await first.state.set("k", 1);
    await first.state.flush();
    await first.state.delete("k");
    const { reached, thaw } = at.backend.freeze(at.backend.effects + 1);
    void first.program.suspend();
    await reached;
    await first.state.set("k", 2);
    void first.program.suspend();
    first.program.die();
    at.backend.plan({ at: at.backend.effects + 1, kind: "crash-before" });
    thaw();
    await turns(200);
    at.kill(first);
    expect([at.around.entries.size, first.state.lastDurableAt]).toEqual([2, expect.any(Number)]);
  }

  test("what was made on a deletion that landed is taken in, but not over what came and went since", async () => {
    const quietly = origin();
    await deletedThenSet(quietly);
    const one = await quietly.live();
    await one.state.flush();
    expect([one.state.get("k"), quietly.around.entries.size]).toEqual([2, 0]);

    const at = origin();
    await deletedThenSet(at);
    const other = await open({ storage: at.backend.adapter() });
    expect(other.has("k")).toBe(false);
    await other.set("k", "theirs");
    await other.delete("k");
    await other.close();
    const { state } = await at.live();
    const superseded = collect(state, "pending.superseded");
    await state.flush();
    expect([state.has("k"), superseded.length, at.around.entries.size]).toEqual([false, 1, 0]);
  });

  test("a deletion of what is gone already is nothing to tell of", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    await first.state.flush();
    const other = await at.live({ persistence: {} });
    await first.state.delete("k");
    await stall(at, first);
    await other.state.delete("k");
    at.kill(first);
    const { state } = await at.live();
    const told = collect(state, "pending.*");
    await state.flush();
    expect([state.has("k"), told, at.around.entries.size]).toEqual([false, [], 0]);
  });

  test("that time was up is no newer data", async () => {
    const at = origin();
    const { clock, advance } = handClock();
    const first = await at.live({ ports: { clock } });
    await first.state.set("k", "brief", { ttlMs: 10 });
    await first.state.flush();
    advance(20);
    await first.state.set("k", "new");
    await stall(at, first);
    const other = await open({ storage: at.backend.adapter(), ports: { clock } });
    const expired = collect(other, "state.changed");
    await other.checkpoint();
    await other.close();
    expect(data(expired)).toMatchObject([{ key: "k", operation: "expire" }]);
    at.kill(first);
    const { state } = await at.live({ ports: { clock } });
    await state.flush();
    expect([state.get("k"), at.around.entries.size]).toEqual(["new", 0]);
  });

  test("an expiry that waits as well is nothing to build on", async () => {
    const at = origin();
    const { clock, advance } = handClock();
    const first = await at.live({ ports: { clock } });
    await first.state.set("k", "brief", { ttlMs: 10 });
    await first.state.flush();
    advance(20);
    at.backend.plan({ at: at.backend.effects + 1, kind: "fail-before", as: "quota" });
    await first.state.checkpoint();
    expect(first.state.dirty).toBe(true);
    await first.state.set("k", "new");
    vanish(at, first);
    expect(at.around.entries.size).toBe(1);
    const { state } = await at.live({ ports: { clock } });
    await state.flush();
    expect([state.get("k"), at.around.entries.size]).toEqual(["new", 0]);
  });

  test("nor where nobody can tell any more what was there in between", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    await first.state.flush();
    await first.state.set("new", 2);
    vanish(at, first);
    const { state } = await at.live();
    const { journal } = engineOf(state);
    journal.checkpoint = { ...journal.checkpoint, floor: "v".repeat(26) as Revision };
    const superseded = collect(state, "pending.superseded");
    await state.flush();
    expect([state.has("new"), superseded.length]).toEqual([false, 1]);
  });

  test("nor what this life has written before", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    vanish(at, first);
    const { state } = await at.live();
    const superseded = collect(state, "pending.superseded");
    await state.set("k", "new");
    await state.flush();
    expect([state.get("k"), superseded.length]).toEqual(["new", 1]);
  });

  test("nor while it waits: another writer's commit before its own is seen", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    vanish(at, first);
    const { state } = await at.live();
    const other = await at.live({ persistence: {} });
    // The other writer does not take it in: the first one has its name.
    const superseded = collect(state, "pending.superseded");
    state.hooks.on("before_state_change", { id: "slow" }, async () => {
      if (other.state.has("k")) return;
      await other.state.set("k", "theirs");
    });
    await state.flush();
    expect([state.get("k"), data(superseded)]).toMatchObject(["theirs", [{ key: "k", value: 1 }]]);
  });

  test("nor into a store that took its place", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("k", 1);
    await first.state.flush();
    await first.state.set("new", 2);
    vanish(at, first);
    for (const key of at.backend.contents().keys()) at.backend.poke(key, undefined);
    const { state } = await at.live();
    const superseded = collect(state, "pending.superseded");
    await state.flush();
    expect([state.keys(), superseded.length, at.around.entries.size]).toEqual([[], 1, 0]);
  });

  test("a hook at state_conflict may make one of both", async () => {
    const at = origin();
    const first = await at.live();
    await first.state.set("list", ["a"]);
    vanish(at, first);
    const { state } = await at.live();
    await state.set("list", ["b"]);
    state.hooks.on("state_conflict", { id: "merge" }, (change) =>
      modify([...(change.oldValue as string[]), ...(change.value as string[])]),
    );
    await state.flush();
    expect(state.get("list")).toEqual(["b", "a"]);
  });
});
