import "fake-indexeddb/auto";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import { agent } from "../../src/index.ts";
import { collect, open } from "../state/world.ts";
import { forceClose, heldFactory } from "./factory.ts";

let made = 0;

/** Two openings of one database, as two tabs have them. */
async function twoTabs() {
  const held = heldFactory();
  const name = `tabs-${++made}`;
  const storage = () => indexedDB({ name, factory: held.factory });
  return { held, a: await open({ storage: storage() }), b: await open({ storage: storage() }) };
}

it("two tabs that write at once lose nothing, and come to the same state", async () => {
  const { a, b } = await twoTabs();
  const writes = Array.from({ length: 25 }, (_, i) => [
    a.set(`a${i}`, i),
    b.set(`b${i}`, i),
    a.update("counter", (n: unknown) => Number(n ?? 0) + 1),
    b.update("counter", (n: unknown) => Number(n ?? 0) + 1),
  ]);
  await Promise.all(writes.flat());
  await Promise.all([a.refresh(), b.refresh()]);
  expect([a.get("counter"), a.size, b.size]).toEqual([50, 51, 51]);
  expect(Object.fromEntries(a.entries())).toEqual(Object.fromEntries(b.entries()));
  await Promise.all([a.close(), b.close()]);
});

it("a tab hears of the other's commits by itself, in order, as remote ones", async () => {
  const { a, b } = await twoTabs();
  const heard = collect(b, "state.changed");
  for (let i = 0; i < 5; i++) await a.set("step", i);
  await vi.waitFor(() => expect(b.get("step")).toBe(4), { timeout: 10_000 });
  expect(heard.map(({ data, metadata }) => [Reflect.get(Object(data), "newValue"), metadata.origin])).toEqual(
    [0, 1, 2, 3, 4].map((i) => [i, "remote"]),
  );
  await Promise.all([a.close(), b.close()]);
});

it("goes on over a connection that is lost between and during writes", async () => {
  const { held, a, b } = await twoTabs();
  for (let i = 0; i < 20; i++) {
    const writing = a.set(`k${i}`, i);
    if (i % 3 === 0) void forceClose(held.opened.at(-1));
    await writing.catch((error: unknown) => expect(error).toMatchObject({ code: "unavailable" }));
    await a.set(`k${i}`, i);
  }
  await b.refresh();
  expect(b.size).toBe(20);
  await Promise.all([a.close(), b.close()]);
});

it("keeps scopes, history and large values over a restart", async () => {
  const { factory } = heldFactory();
  const options = { storage: indexedDB({ name: "restart", factory }), persistence: { checkpointEvery: 10 } };
  const text = "x".repeat(300_000);
  {
    await using state = await open(options);
    using plan = await state.agent("planner");
    for (let i = 0; i < 30; i++) await plan.set("step", i);
    await state.set("large", text);
  }
  await using state = await open(options);
  expect(state.get("large")).toBe(text);
  expect(await state.read(agent("planner"), "step")).toBe(29);
  const steps: unknown[] = [];
  for await (const { data } of state.events.since()) {
    steps.push(data);
    if (steps.length === 31) break;
  }
  await state.set("more", 1);
});

it("does not keep a Node process alive that forgets to close", async () => {
  const script = fileURLToPath(new URL("./forgetful.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 15_000 });
  expect(stdout.trim()).toBe("committed");
});
