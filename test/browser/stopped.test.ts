import { expect, test } from "vitest";
import { engines } from "./engines/all.ts";
import { inEachBrowser } from "./world.ts";

const says = (word: string, what: unknown) => (told: unknown) =>
  (told as Record<string, unknown>)[word] === what;

inEachBrowser((world) => {
  test("a tab that stands still does not hold up another one on IndexedDB", async () => {
    const { server, tab } = await world();
    const opening = { indexeddb: { name: "still" } };
    const [still, other] = [await tab(), await tab()];
    await still.ask("open", opening);
    await still.ask("set", "first", 1);
    await still.ask("hold");
    await server.holds();

    await other.ask("open", opening);
    await other.ask("increment", "n", 20);
    await other.ask("checkpoint");
    await other.ask("close");

    server.release();
    await still.ask("hears", "n", 20);
    expect(await still.ask("entries")).toEqual({ first: 1, n: 20 });
    await still.ask("set", "last", 2);
  });

  test("a tab that is closed in the middle of its writes does not hold up another one", async () => {
    const { server, tab } = await world();
    const opening = { indexeddb: { name: "closed" } };
    const [closing, other] = [await tab(), await tab()];
    for (const each of [closing, other]) await each.ask("open", opening);
    await closing.ask("beginNumber", 1, 1000, 50);
    await server.hears(says("committed", 200), "the 200th acknowledgement");
    await closing.close();
    await other.ask("increment", "n", 20);
    expect(await other.ask("get", "n")).toBe(20);
    expect(await other.ask("get", "k200")).toBe(200);
  });

  test("localForage: who waits for a tab that stands still in a commit gets an error, and may try again", async () => {
    const { server, tab } = await world();
    const opening = { localforage: { name: "held", lockTimeoutMs: 1000 } };
    const [still, other] = [await tab(), await tab()];
    for (const each of [still, other]) await each.ask("open", opening);
    await still.ask("holdAtNextPut", "after");
    await still.ask("beginSet", "slow", 1);
    await server.holds();
    await expect(other.ask("set", "late", 1)).rejects.toMatchObject({ code: "locked", retryable: true });
    expect(await other.ask("get", "late")).toBeUndefined();

    server.release();
    await server.hears(says("committed", "slow"), "the end of the slow write");
    await other.ask("set", "late", 2);
    expect(await other.ask("entries")).toEqual({ slow: 1, late: 2 });
  });
});

// Firefox answers a synchronous request, the way to stop a page in the middle of its work, while it runs other tasks of
// that page, so there a transaction cannot be stopped half done.
const stoppable = engines.filter(({ name }) => name !== "firefox");

inEachBrowser((world) => {
  test("a tab that stops in the middle of a commit delays others on IndexedDB until it goes on, and no longer", async () => {
    const { server, tab } = await world();
    const opening = { indexeddb: { name: "amid" } };
    const [still, other] = [await tab(), await tab()];
    for (const each of [still, other]) await each.ask("open", opening);
    await still.ask("holdAtNextPut", "amid");
    await still.ask("beginSet", "slow", 1);
    await server.holds();
    const counted = other.ask("increment", "n", 20);
    server.release();
    await counted;
    await server.hears(says("committed", "slow"), "the end of the slow write");
    for (const each of [still, other]) {
      await each.ask("hears", "n", 20);
      await each.ask("hears", "slow", 1);
      expect(await each.ask("entries")).toEqual({ slow: 1, n: 20 });
    }
  });
}, stoppable);
