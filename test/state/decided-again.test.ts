import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, custom, globalScope } from "../../src/index.ts";
import { commitWhatFits, lookAtScopes } from "../../src/internal.ts";
import { insideOf } from "../../src/state-manager.ts";
import { asking, buffered, deaf, told, until } from "./asked-again.ts";
import { open, signal, turns } from "./world.ts";

describe("while a buffered change is decided again, readers see (G3)", () => {
  test("all that they saw before, until it is decided", async () => {
    const { here, there, answer, end } = await asking(
      async (state) => {
        await state.set("mine", { n: 1 });
        await state.delete("old");
      },
      (state) => state.set("old", 1),
    );
    const look = async () => ({
      get: here.get("mine"),
      peek: here.peek("mine"),
      has: [here.has("mine"), here.has("old")],
      keys: here.keys().sort(),
      entries: Object.fromEntries(here.entries()),
      size: here.size,
      revision: here.revision("mine"),
      read: [await here.read(globalScope(), "mine"), await here.read(globalScope(), "old")],
      agents: await lookAtScopes(here, ["global"], (at) => [
        at("global").keys().sort(),
        at("global").entry("mine")?.value,
        at("global").isQueued("mine"),
      ]),
    });
    expect(await look()).toEqual({
      get: { n: 1 },
      peek: { n: 1 },
      has: [true, false],
      keys: ["mine", "u"],
      entries: { mine: { n: 1 }, u: 2 },
      size: 2,
      revision: undefined,
      read: [{ n: 1 }, undefined],
      agents: [["mine", "u"], { n: 1 }, true],
    });
    await answer();
    expect([here.get("u"), here.get("mine"), here.has("old"), here.size]).toEqual([11, { n: 1 }, false, 2]);
    expect(insideOf(here).global.undecided).toBeUndefined();
    await there.refresh();
    expect(Object.fromEntries(there.entries())).toEqual({ mine: { n: 1 }, u: 11 });
    await end();
  });

  test("what is written meanwhile at once, and it builds on what they see", async () => {
    const { here, there, answer, end } = await asking(async (state) => {
      for (const key of ["n", "gone", "vetoed"]) await state.set(key, 1);
      await state.batch((tx) => tx.set(agent("s"), "k", 1));
    });
    const scope = await here.agent("s");
    const [n, gone, fresh] = [told(here, "n"), told(here, "gone"), told(here, "fresh")];
    const olds: unknown[] = [];
    here.hooks.on("before_state_change", { id: "looks", keys: ["n"] }, (c) => void olds.push(c.oldValue));
    expect(await here.set("n", (here.get("n") as number) + 1)).toMatchObject({ status: "buffered" });
    expect(here.get("n")).toBe(2);
    await here.update("n", (value) => (value as number) + 1);
    expect(await here.delete("gone")).toMatchObject({ status: "buffered" });
    await here.set("fresh", 1);
    await scope.clear();
    expect([here.get("n"), here.has("gone"), here.get("fresh"), scope.size]).toEqual([3, false, 1, 0]);
    expect([n, gone, fresh, olds]).toEqual([[2, 3], [undefined], [1], [1, 2]]);
    await answer();
    expect([n, gone, fresh, olds]).toEqual([[2, 3], [undefined], [1], [1, 2]]);
    await there.refresh();
    expect(Object.fromEntries(there.entries())).toEqual({ u: 11, n: 3, vetoed: 1, fresh: 1 });
    expect(await there.read(agent("s"), "k")).toBeUndefined();
    await end();
  });

  test("what is written meanwhile even where nobody is asked about it: a plain deletion", async () => {
    const { here, there, answer, end } = await asking((state) => state.set("k", 1));
    here.hooks.off("before_state_change", "slow");
    const deleted = here.delete("k");
    expect(here.has("k")).toBe(false);
    await deleted;
    await answer();
    await there.refresh();
    expect(there.keys()).toEqual(["u"]);
    await end();
  });

  test("the later one of two, also where that is decided again because what it saw changed before it was taken in", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("u", 1);
    await using here = await open({ storage: deaf(storage), persistence: buffered });
    const answers = [signal(), signal(), signal()];
    const asked: string[] = [];
    here.hooks.on("before_state_change", { id: "slow", keys: ["u", "k"] }, async ({ value }, { state }) => {
      if (value === "first") return;
      await state.get(globalScope(), "limit");
      await answers[asked.push(String(value)) - 1]?.promise;
    });
    answers[0]?.resolve();
    await here.update("u", (u) => (u as number) + 1);
    await here.set("k", "first");
    const later = here.set("k", "later");
    await until(() => asked.length === 2);
    await there.batch((tx) => {
      for (const key of ["u", "limit"]) tx.set(globalScope(), key, 10);
    });
    await here.refresh();
    answers[1]?.resolve();
    await later;
    await until(() => asked.length === 3);
    expect([here.get("u"), here.get("k"), asked]).toEqual([2, "later", ["2", "later", "11"]]);
    answers[2]?.resolve();
    await here.flush();
    expect([here.get("u"), here.get("k")]).toEqual([11, "later"]);
  });

  test("an entry of which a conditional write waits for what it comes to", async () => {
    const { here, answer, end } = await asking((state) => state.set("k", 1));
    const conditional = here.set("k", 2, { expectedRevision: null });
    await turns(100);
    await answer();
    expect(await conditional).toMatchObject({ status: "conflict", current: here.revision("k") });
    expect([here.get("k"), typeof here.revision("k")]).toEqual([1, "string"]);
    await end();
  });

  test("what a choice that is made meanwhile chose from it", async () => {
    const { here, there, answer, end } = await asking((state) => state.set("k", 1));
    const seen: unknown[] = [];
    const result = await commitWhatFits(
      here,
      ["global"],
      (look) => {
        const value = look("global").entry("k")?.value as number;
        seen.push(value);
        return [{ scope: "global", key: "twice", change: { set: 2 * value } }];
      },
      {},
    );
    expect([result.status, here.get("twice"), new Set(seen)]).toEqual(["buffered", 2, new Set([1])]);
    await answer();
    await there.refresh();
    expect(there.get("twice")).toBe(2);
    await end();
  });
});

describe("whoever is asked again sees exactly what lies before (G5)", () => {
  test("an update and a hook see no later value, whatever is shown", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("u", 1);
    await using here = await open({ storage: deaf(storage), persistence: buffered });
    const gate = signal();
    const asked = signal();
    const seen: unknown[] = [];
    here.hooks.on("before_state_change", { id: "looks", keys: ["u"] }, async (change, { state }) => {
      seen.push([change.oldValue, await state.get(globalScope(), "later")]);
      if (seen.length !== 3) return;
      asked.resolve();
      await gate.promise;
      seen.push(await state.get(custom("c"), "meanwhile"));
    });
    await here.update("u", (u) => (u as number) + 1);
    await here.set("later", 1);
    await here.set("u", 99);
    await there.set("u", 10);
    const flushed = here.flush();
    await asked.promise;
    await here.batch((tx) => tx.set(custom("c"), "meanwhile", 1));
    expect([here.get("u"), await here.read(custom("c"), "meanwhile")]).toEqual([99, 1]);
    gate.resolve();
    await flushed;
    expect(seen.slice(0, 4)).toEqual([[1, undefined], [2, 1], [10, undefined], undefined]);
    expect(here.get("u")).toBe(99);
  });

  test("a choice over whole scopes sees no later value either", async () => {
    const seen: unknown[] = [];
    const { here, answer, end } = await asking(async (state) => {
      await commitWhatFits(
        state,
        ["global"],
        (look) => {
          const at = look("global");
          seen.push([at.entry("k")?.value, at.keys().includes("k"), at.isQueued("k")]);
          return [{ scope: "global", key: "chosen", change: { set: seen.length } }];
        },
        {},
      );
      await state.set("k", 1);
    });
    await answer();
    expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(new Set(["[null,false,false]"]));
    expect([here.get("k"), here.get("chosen")]).toEqual([1, seen.length]);
    await end();
  });
});
