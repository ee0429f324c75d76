import { describe, expect, test } from "vitest";
import { engines } from "./engines/all.ts";
import { inEachBrowser, ownSession, PageError } from "./world.ts";

/** Firefox gives no origin less than this. */
const QUOTA = 10 * 1024 * 1024;

/** In characters. Firefox does not count values of a mebibyte. */
const VALUE = 512 * 1024;

// WebKitGTK's quota follows from the size of the disk; it has no switch for it.
const limitable = engines.filter(({ name }) => name !== "webkit");

describe.each(limitable)("$name", (engine) => {
  test("no room is a named error; what was stored stays, and the page goes on", async () => {
    const session = await ownSession(engine, { quotaBytes: QUOTA });
    const { tab } = await session.world();
    const opening = { indexeddb: { name: "full" } };
    const page = await tab();
    await page.ask("open", opening);
    await page.ask("set", "first", "stays");
    const stored = ["first"];
    const failed = async () => {
      for (let i = 0; i < (4 * QUOTA) / VALUE; i++) {
        await page.ask("setNoise", `large${i}`, VALUE);
        stored.push(`large${i}`);
      }
    };
    await expect(failed()).rejects.toMatchObject({ code: "quota" });
    expect(stored.length).toBeGreaterThan(2);
    expect(await page.ask("keys")).toEqual(stored.sort());

    // Firefox also drops the connection: what is written next may fail for that, but it is never taken for stored.
    for (let i = 0; i < 3; i++) {
      const error: unknown = await page.ask("setNoise", "more", 4 * VALUE).catch((failed: unknown) => failed);
      expect(["quota", "unavailable"]).toContain(error instanceof PageError ? error.code : error);
    }
    await page.reload();
    await page.ask("open", opening);
    expect(await page.ask("keys")).toEqual(stored);
    expect(await page.ask("get", "first")).toBe("stays");
  });
});

inEachBrowser((world) => {
  test("localForage: an old tab that blocks the upgrade is a named error, and not for ever", async () => {
    const { tab, raw } = await world();
    const opening = (storeName: string) => ({
      localforage: { name: "shared", storeName, lockTimeoutMs: 1500 },
    });
    const old = await tab();
    await old.ask("open", opening("one"));
    await old.ask("set", "kept", 1);
    await old.close();
    const forgotten = await raw();
    await forgotten.ask("hold", "shared");

    const page = await tab();
    // A second part of the database is a new version of it.
    await expect(page.ask("open", opening("two"))).rejects.toMatchObject({ code: "locked", retryable: true });
    await forgotten.ask("letGo");
    await page.ask("open", opening("two"));
    await page.ask("set", "new", 2);
    await page.reload();
    await page.ask("open", opening("one"));
    expect(await page.ask("entries")).toEqual({ kept: 1 });
    await page.reload();
    await page.ask("open", opening("two"));
    expect(await page.ask("entries")).toEqual({ new: 2 });
  });

  test("a deletion that an old tab blocks makes opening fail with a name, and not for ever", async () => {
    const { tab, raw } = await world();
    const opening = { indexeddb: { name: "blocked", openTimeoutMs: 1500 } };
    const page = await tab();
    await page.ask("open", opening);
    await page.ask("set", "kept", 1);
    await page.ask("close");
    const forgotten = await raw();
    await forgotten.ask("hold", "blocked");
    await forgotten.ask("beginDelete", "blocked");

    await expect(page.ask("open", opening)).rejects.toMatchObject({ code: "unavailable", retryable: true });
    await forgotten.ask("letGo");
    await page.ask("open", opening);
    expect(await page.ask("entries")).toEqual({}); // somebody did delete it
    await page.ask("set", "again", 1);
  });

  test("a flipped bit is a named error; the rest is read, and nothing is deleted", async () => {
    const { tab, raw } = await world();
    const opening = { indexeddb: { name: "flipped" } };
    const page = await tab();
    const damage = await raw();
    await page.ask("open", opening);
    await page.ask("setIn", "agent:good", "k", "intact");
    const before = Object.keys(await damage.ask("dump", "flipped"));
    await page.ask("setIn", "agent:bad", "k", "hurt");
    const after = Object.keys(await damage.ask("dump", "flipped"));
    const written = after.filter((key) => !before.includes(key));
    expect(written).toHaveLength(1);
    const [store, ...rest] = String(written[0]).split("/");
    await page.ask("setIn", "agent:good", "l", "later");
    await damage.ask("flip", "flipped", String(store), rest.join("/"));
    const damaged = await damage.ask("dump", "flipped");

    await page.reload();
    await page.ask("open", opening);
    await expect(page.ask("read", "agent:bad", "k")).rejects.toMatchObject({ code: "corrupt" });
    expect(await page.ask("read", "agent:good", "k")).toBe("intact");
    expect(await page.ask("read", "agent:good", "l")).toBe("later");
    expect(await damage.ask("dump", "flipped")).toEqual(damaged);
  });
});
