import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { cancel, globalScope } from "../../src/index.ts";
import { asking, buffered, deaf, told } from "./asked-again.ts";
import { open, signal, turns } from "./world.ts";

describe("watchers are told only of what readers see change", () => {
  test("not of what is taken in again as it was, nor of what a later change covers", async () => {
    const { here, answer, end } = await asking(async (state) => {
      await state.set("plain", 1);
      await state.update("covered", () => 1);
      await state.set("covered", 2);
    });
    const all = ["u", "plain", "covered"].map((key) => told(here, key));
    await answer();
    expect(all).toEqual([[11], [], []]);
    await end();
  });

  test("once of what leaves, when what it covered is seen; and whoever hears of it sees it gone", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("limit", 5);
    await using here = await open({ storage: deaf(storage), persistence: buffered });
    here.hooks.on("before_state_change", { id: "limit", keys: ["k"] }, async ({ value }, { state }) =>
      (value as number) > ((await state.get(globalScope(), "limit")) as number)
        ? cancel("too much")
        : undefined,
    );
    for (const value of [1, 4, 2, 3]) await here.set(value === 3 ? "other" : "k", value);
    await here.set("k", 5);
    const dropped: unknown[] = [];
    here.events.on("change.dropped", () => void dropped.push(here.get("k")));
    const [k, other] = [told(here, "k"), told(here, "other")];
    await there.set("limit", 3);
    await here.flush();
    expect([k, other, dropped, here.get("k")]).toEqual([[2], [], [5, 2], 2]);
  });

  test("not of another writer's value that a buffered one covers", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await using here = await open({ storage, persistence: buffered });
    await here.set("k", 1);
    const [k, other] = [told(here, "k"), told(here, "other")];
    await there.set("k", 2);
    await there.set("other", 2);
    await here.refresh();
    expect([k, other, here.get("k")]).toEqual([[], [2], 1]);
  });

  test("nor where the buffered one is to be decided again", async () => {
    const { here, there, answer, end } = await asking((state) => state.set("k", 1));
    const [k, other] = [told(here, "k"), told(here, "other")];
    await there.set("k", 2);
    await there.set("other", 2);
    await here.refresh();
    expect([k, other, here.get("k")]).toEqual([[], [2], 1]);
    await answer();
    await end();
  });

  test("of another writer's value that an own one on its way does not cover, because it is not shown", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await using here = await open({ storage: deaf(storage) });
    await there.set("k", 2);
    const k = told(here, "k");
    await here.set("k", 3);
    expect(k).toEqual([2, 3]);
  });

  test("and what they write then, in the middle of it, loses nothing", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await using here = await open({ storage: deaf(storage), persistence: buffered });
    const echo = await here.agent("echo");
    const [asked, answered] = [signal(), signal()];
    here.hooks.on("before_state_change", { id: "slow", keys: ["slow"] }, async (_, { state }) => {
      await state.get(globalScope(), "limit");
      asked.resolve();
      await answered.promise;
    });
    for (const key of ["a", "b", "c"]) await here.set(key, 1);
    const slow = here.set("slow", 1);
    await asked.promise;
    await there.set("limit", 1);
    await here.refresh();
    // Nobody is asked about what they write, so it is taken in at once.
    here.hooks.off("before_state_change", "slow");
    let echoes = 0;
    here.watch(undefined, () => void echo.set(`${echoes++}`, 1));
    answered.resolve();
    await slow;
    await turns(200);
    await here.flush();
    await there.refresh();
    expect(there.keys().sort()).toEqual(["a", "b", "c", "limit", "slow"]);
    expect([echoes > 0, (await there.agent("echo")).size]).toEqual([true, echoes]);
  });

  test("not of what a later change covers, where a page is given up", async () => {
    const storage = memory();
    const [standing, gate] = [signal(), signal()];
    let isCut = false;
    const cut = async (): Promise<never> => {
      standing.resolve();
      await gate.promise;
      throw new TypeError("the line is cut");
    };
    const state = await open({
      storage: {
        ...storage,
        async open(opening) {
          const store = await storage.open(opening);
          return {
            ...store,
            get: (keys) => (isCut ? cut() : store.get(keys)),
            commit: (batch) => (isCut ? cut() : store.commit(batch)),
          };
        },
      },
      persistence: buffered,
    });
    await state.set("k", 0);
    await state.flush();
    await state.set("k", 1);
    const values = told(state, "k");
    isCut = true;
    const flushed = state.flush();
    await standing.promise;
    await state.set("k", 2);
    gate.resolve();
    await expect(flushed).rejects.toMatchObject({ code: "unknown_outcome" });
    expect(values).toEqual([2]);
    await expect(state.flush()).rejects.toMatchObject({ code: "unknown_outcome" });
    expect(values).toEqual([2, 0]);
    await state.close();
  });
});
