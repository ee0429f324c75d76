import { expect, test } from "vitest";
import { ASKED_MS, inEachBrowser, THOROUGH } from "./world.ts";

/** How many tabs, and how often each of them counts up. */
const crowds = [
  { tabs: 2, times: THOROUGH ? 1000 : 250 },
  { tabs: 8, times: THOROUGH ? 1000 : 25 },
];

inEachBrowser((world) => {
  test.each(crowds)(
    "$tabs tabs count up together, $times times each",
    async ({ tabs: count, times }) => {
      const { tab } = await world();
      const tabs = await Promise.all(Array.from({ length: count }, tab));
      await Promise.all(tabs.map((each) => each.ask("open", { indexeddb: { name: "counted" } })));
      await Promise.all(tabs.map((each) => each.ask("increment", "n", times)));
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
