import { expect, test } from "vitest";
import { inEachBrowser } from "./world.ts";

/** As if the tab were frozen, or had ended, right after its second commit: no timer of its comes any more. */
const commitAndFreeze = `(async () => {
  globalThis.setTimeout = () => 0;
  await page.call("set", ["a", 1]);
  const now = performance.now();
  performance.now = () => now;
  await page.call("set", ["b", 2]);
})()`;

inEachBrowser((world) => {
  test.each([{ indexeddb: { name: "ending" } }, { localforage: { name: "ending" } }])(
    "what a tab commits just before it stands still is shown by the others: %o",
    async (opening) => {
      const { tab } = await world();
      const [ending, other] = [await tab(), await tab()];
      for (const each of [ending, other]) await each.ask("open", opening);
      await ending.ask("set", "warm", 1);
      await other.ask("hears", "warm", 1);
      await ending.evaluate(commitAndFreeze, 10_000);
      await other.ask("sees", "b");
      expect(await other.ask("entries")).toEqual({ warm: 1, a: 1, b: 2 });
    },
  );
});
