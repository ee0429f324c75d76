import { expect, test } from "vitest";
import { agent, cancel, modify, proceed } from "../../src/index.ts";
import { collect, open } from "./world.ts";

test("a hook at state_conflict may make one value of two; otherwise the conflict stands", async () => {
  await using state = await open();
  const handle = await state.scope(agent("a"));
  const first = await handle.set("tags", ["a"]);
  if (first.status !== "committed") throw new TypeError(first.status);
  await handle.set("tags", ["a", "theirs"]);
  const options = { expectedRevision: first.revision, correlationId: "merge" };
  expect(await handle.set("tags", ["a", "ours"], options)).toMatchObject({ status: "conflict" });
  state.hooks.on("state_conflict", { id: "union", replayable: true }, ({ value, oldValue }) =>
    modify([...new Set([...(oldValue as string[]), ...(value as string[])])]),
  );
  expect(await handle.set("tags", ["a", "ours"], options)).toMatchObject({ status: "committed" });
  expect(handle.get("tags")).toEqual(["a", "theirs", "ours"]);
  expect((await state.executions("merge")).map((run) => run.hookId)).toEqual(["union"]);
});

test("200 writers that each expect what they read lose nothing", async () => {
  await using state = await open();
  const add = async (n: number): Promise<void> => {
    const revision = state.revision("list") ?? null;
    const list = (state.get("list") as number[] | undefined) ?? [];
    const result = await state.set("list", [...list, n], { expectedRevision: revision });
    if (result.status === "conflict") await add(n);
  };
  await Promise.all(Array.from({ length: 200 }, (_, n) => add(n)));
  expect(new Set(state.get("list") as number[]).size).toBe(200);
});

test("a program asks its own points; before_ ones can be cancelled, runs are recorded", async () => {
  await using state = await open();
  const run = state.with({ correlationId: "run" });
  state.hooks.on("before_send", { id: "quiet-hours", replayable: true }, (subject) =>
    subject.facts["hour"] === 3 ? cancel("at night") : proceed(),
  );
  expect(await run.hooks.ask("before_send", { hour: 3 })).toEqual({
    status: "cancelled",
    by: "quiet-hours",
    reason: "at night",
  });
  expect(await run.hooks.ask("before_send", { hour: 12 })).toEqual({ status: "proceed", failures: [] });
  state.hooks.on("mail_sent", { id: "broken" }, () => {
    throw new TypeError("no counter");
  });
  const outcome = await run.hooks.ask("mail_sent", {});
  expect(outcome).toMatchObject({ status: "proceed", failures: [{ hook: "broken" }] });
  await state.flush();
  expect((await state.executions("run")).map((r) => [r.hookId, r.result?.kind])).toEqual([
    ["quiet-hours", "cancel"],
    ["quiet-hours", "proceed"],
  ]);
  await expect(state.hooks.ask("before_state_change", {})).rejects.toMatchObject({ code: "invalid" });
});

test("nothing answers after close", async () => {
  const state = await open();
  const events = collect(state);
  const handle = await state.agent("a");
  await handle.set("k", 1);
  await state.close();
  expect(() => state.get("k")).toThrow(expect.objectContaining({ code: "closed" }));
  expect(() => handle.get("k")).toThrow(expect.objectContaining({ code: "closed" }));
  await expect(handle.set("k", 2)).rejects.toMatchObject({ code: "closed" });
  await expect(state.batch((tx) => tx.delete(agent("a"), "k"))).rejects.toMatchObject({ code: "closed" });
  expect(events.filter((e) => e.type === "state.changed")).toHaveLength(1);
});
