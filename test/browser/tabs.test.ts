import { expect, test } from "vitest";
import { ASKED_MS, inEachBrowser, THOROUGH } from "./world.ts";

const ROUNDS = 5;

/** Where, how many tabs, and how often each of them counts up. */
const crowds = [
  { on: "indexeddb", tabs: 2, times: THOROUGH ? 1000 : 250 },
  { on: "indexeddb", tabs: 8, times: THOROUGH ? 1000 : 25 },
  { on: "localforage", tabs: 2, times: THOROUGH ? 1000 : 50 },
] as const;

const openings = {
  indexeddb: { indexeddb: { name: "counted" } },
  localforage: { localforage: { name: "counted" } },
};

inEachBrowser((world) => {
  test.each(crowds)(
    "$tabs tabs count up together on $on, $times times each",
    async ({ on, tabs: count, times }) => {
      const { tab } = await world();
      const tabs = await Promise.all(Array.from({ length: count }, tab));
      await Promise.all(tabs.map((each) => each.ask("open", openings[on])));
      // In rounds that all begin at once: in a single one, each tab may do all its work before the next one does.
      for (let round = 0; round < ROUNDS; round++) {
        await Promise.all(tabs.map((each) => each.ask("getReady")));
        const counting = Promise.all(tabs.map((each) => each.ask("increment", "n", times / ROUNDS)));
        await tabs[0]?.ask("go");
        await counting;
      }
      const total = count * times;
      for (const each of tabs) {
        await each.ask("hears", "n", total);
        expect(await each.ask("get", "n")).toBe(total);
        const heard = await each.ask("heard", "n");
        expect(heard.map(({ value }) => value)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
        expect(heard.filter(({ origin }) => origin === "local")).toHaveLength(times);
      }
    },
    3 * ASKED_MS,
  );
});
