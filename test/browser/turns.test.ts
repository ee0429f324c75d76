import { expect, test } from "vitest";
import { ASKED_MS, inEachBrowser } from "./world.ts";

const TURNS = 8;
/** A loser asks for its turn when it was overtaken a few times; each time the other tab may commit a few times more. */
const MOST_BETWEEN = 60;

const openings = {
  indexeddb: { indexeddb: { name: "turns" } },
  localforage: { localforage: { name: "turns" } },
};

inEachBrowser((world) => {
  test.each(["indexeddb", "localforage"] as const)(
    "on %s a tab that writes without a pause lets another one take its turns",
    async (on) => {
      const { tab } = await world();
      const [busy, rare] = await Promise.all([tab(), tab()]);
      await Promise.all([busy, rare].map((each) => each.ask("open", openings[on])));
      await busy.ask("beginCounting", "busy");
      await rare.ask("hears", "busy", 10);
      await rare.ask("increment", "rare", TURNS);
      await busy.ask("endCounting");
      await busy.ask("hears", "rare", TURNS);
      const turns = (await busy.ask("heardOrder")).map((key, at) => ({ key, at }));
      const taken = turns.filter(({ key }) => key === "rare").map(({ at }) => at);
      expect(taken).toHaveLength(TURNS);
      const between = taken.slice(1).map((at, i) => at - (taken[i] ?? 0) - 1);
      expect(Math.max(...between), `commits between the turns: ${between}`).toBeLessThan(MOST_BETWEEN);
    },
    3 * ASKED_MS,
  );
});
