import { expect, test } from "vitest";
import { agent, cancel, createHooks, modify, StateManager } from "../../src/index.ts";
import { collect, open } from "../state/world.ts";

test("stores that share a registry ask the same hooks, each about its own changes", async () => {
  const hooks = createHooks();
  await using one = await open({ hooks });
  await using two = await open({ hooks });
  const asked: unknown[] = [];
  const off = one.hooks.on("before_state_change", { id: "double", replayable: true }, ({ value }) => {
    asked.push(value);
    return modify(Number(value) * 2);
  });
  two.hooks.on("after_state_change", { id: "told" }, ({ value }) => void asked.push(`told ${value}`));
  await one.set("k", 1);
  await two.set("k", 2);
  expect([one.get("k"), two.get("k")]).toEqual([2, 4]);
  expect(asked).toEqual([1, "told 2", 2, "told 4"]);
  expect(hooks.list().map(({ id }) => id)).toEqual(["double", "told"]);
  off();
  await two.set("k", 5);
  expect(two.get("k")).toBe(5);
});

test("each store keeps the record of the runs that decided its own changes", async () => {
  const hooks = createHooks();
  await using one = await open({ hooks });
  await using two = await open({ hooks });
  hooks.on("before_state_change", { id: "seen", replayable: true }, () => undefined);
  await one.set("k", 1, { correlationId: "run" });
  expect(await one.executions("run")).toMatchObject([{ hookId: "seen" }]);
  expect(await two.executions("run")).toEqual([]);
});

test("a store that closes leaves the hooks to the others", async () => {
  const hooks = createHooks();
  const one = await open({ hooks });
  await using two = await open({ hooks });
  one.hooks.on("before_state_change", { id: "guard" }, () => cancel("no"));
  await one.close();
  expect(await two.set("k", 1)).toMatchObject({ status: "cancelled", by: "guard" });
});

test("the failure of a shared hook is told where it happened, and only there", async () => {
  const hooks = createHooks();
  await using one = await open({ hooks });
  await using two = await open({ hooks });
  hooks.on("after_state_change", { id: "broken", scopes: [agent("a")] }, () => {
    throw new TypeError("boom");
  });
  const [first, second] = [collect(one, "hook.failed"), collect(two, "hook.failed")];
  await two.setWithHooks(agent("a"), "k", 1);
  await one.set("k", 1);
  expect([first.length, second.length]).toEqual([0, 1]);
});

test("a store opened without hooks has a registry of its own", async () => {
  await using one = await open();
  await using two = await open();
  one.hooks.on("before_state_change", { id: "guard" }, () => cancel("no"));
  expect(two.hooks.list()).toEqual([]);
});

test("what is no registry is refused before the store is opened", async () => {
  for (const hooks of [null, {}, [], "hooks", { on: () => () => undefined }]) {
    await expect(StateManager.open({ hooks } as never)).rejects.toThrow(TypeError);
  }
});
