import { describe, expect, test } from "vitest";
import { engines } from "./engines/all.ts";
import { inEachBrowser, ownSession } from "./world.ts";

/** The numbers that a page told as committed. */
function committed(told: readonly unknown[]): number[] {
  return told.flatMap((one) => (one as { committed?: number }).committed ?? []);
}

describe.each(engines)("$name", (engine) => {
  test("a killed browser has lost no write that was acknowledged as strict", async () => {
    const session = await ownSession(engine);
    const { server, tab } = await session.world();
    const strict = { indexeddb: { name: "killed", durability: "strict" } } as const;
    const before = await tab();
    expect(await before.ask("open", strict)).toEqual({ durability: "power" });
    await before.ask("beginNumber", 1, 100_000);
    await server.hears((told) => committed([told])[0] === 60, "the 60th acknowledgement");
    await session.killAndRestart();

    const acknowledged = committed(server.told);
    const after = await tab();
    await after.ask("open", strict);
    const entries = await after.ask("entries");
    for (const n of acknowledged) expect(entries[`k${n}`]).toBe(n);
    // At most the one that was on its way.
    expect(Object.keys(entries).length).toBeLessThanOrEqual(acknowledged.length + 1);
    await after.ask("number", 100_001, 100_001);
    expect(await after.ask("get", "k100001")).toBe(100_001);
  });
});

inEachBrowser((world) => {
  test("a reload in the middle of 1,000 writes loses no acknowledged one", async () => {
    const { server, tab } = await world();
    const opening = { indexeddb: { name: "reloaded" } };
    const page = await tab();
    await page.ask("open", opening);
    await page.ask("beginNumber", 1, 1000, 5);
    await server.hears((told) => committed([told])[0] === 500, "the 500th acknowledgement");
    await page.reload();

    const acknowledged = committed(server.told);
    await page.ask("open", opening);
    const entries = await page.ask("entries");
    for (const n of acknowledged) expect(entries[`k${n}`]).toBe(n);
    expect(Object.keys(entries).length).toBeLessThan(1000);
    expect(Object.keys(entries).length).toBeLessThanOrEqual(acknowledged.length + 5);
  });
});
