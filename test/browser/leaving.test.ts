import { expect, test } from "vitest";
import { inEachBrowser } from "./world.ts";

/** So late that no flush by the clock can be what saved a write. */
const buffered = { mode: "buffered", flushIntervalMs: 3_600_000, batchSize: 1_000_000 } as const;

inEachBrowser((world) => {
  test.each(["a reload", "the end of the tab"])(
    "buffered: what was written just before %s is there after it",
    async (how) => {
      const { tab } = await world();
      const opening = { indexeddb: { name: "left" }, persistence: buffered };
      const page = await tab();
      await page.ask("open", opening);
      await page.ask("set", "flushed", 1);
      await page.ask("flush");
      expect(await page.ask("set", "late", { deep: [1, 2] })).toMatchObject({ status: "buffered" });
      expect(await page.ask("dirty")).toBe(true);
      await (how === "a reload" ? page.reload() : page.close());
      const next = how === "a reload" ? page : await tab();
      await next.ask("open", opening);
      // Either it was stored in time, or it is taken in from what the page left behind.
      await next.ask("sees", "late");
      expect(await next.ask("entries")).toEqual({ flushed: 1, late: { deep: [1, 2] } });
    },
  );

  test.each([
    ["window", "pagehide"],
    ["document", "visibilitychange"],
    ["window", "visibilitychange"],
  ])("buffered: what the page's own listener on %s writes at %s is there after it", async (target, type) => {
    const { tab } = await world();
    const opening = { indexeddb: { name: "last words" }, persistence: buffered };
    const page = await tab();
    await page.ask("open", opening);
    await page.ask("set", "flushed", 1);
    await page.ask("flush");
    const write = `() => void page.call("set", ["late", 1])`;
    await page.evaluate(`void ${target}.addEventListener("${type}", ${write})`, 10_000);
    await page.reload();
    await page.ask("open", opening);
    await page.ask("sees", "late");
    expect(await page.ask("entries")).toEqual({ flushed: 1, late: 1 });
  });

  test("a page with nothing to store writes nothing when it is left", async () => {
    const { tab, raw } = await world();
    const opening = { indexeddb: { name: "clean" }, persistence: buffered };
    const page = await tab();
    const watcher = await raw();
    await page.ask("open", opening);
    await page.ask("set", "kept", 1);
    await page.ask("flush");
    const [records, local] = [await watcher.ask("dump", "clean"), await watcher.ask("local")];
    await page.reload();
    await page.ask("open", opening);
    expect(await page.ask("entries")).toEqual({ kept: 1 });
    expect(await watcher.ask("dump", "clean")).toEqual(records);
    expect(await watcher.ask("local")).toEqual(local);
  });
});
