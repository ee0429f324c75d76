import { expect, test } from "vitest";
import { z } from "zod";
import { memory } from "../../adapters/memory/index.ts";
import {
  agent,
  cancel,
  createHooks,
  fork,
  globalScope,
  modify,
  redirect,
  type StorageAdapter,
  session,
  user,
} from "../../src/index.ts";
import { collect, failing, route } from "./world.ts";

/** The global scope in one store, agents in another, sessions in memory only. */
function options(storage: StorageAdapter = memory(), agents: StorageAdapter = memory()) {
  const overrides = [
    { match: "agent", storage: agents },
    { match: "session", enabled: false },
  ];
  return { storage, overrides };
}

test("each scope is read from and written to the store it lives in, and nowhere else", async () => {
  const [main, agents] = [memory(), memory()];
  {
    await using state = await route(options(main, agents));
    await state.set("mode", "careful");
    const researcher = await state.agent("r");
    await researcher.set("plan", 1);
    await researcher.update("plan", (old) => Number(old) + 1);
    await state.setWithHooks(session("s"), "cart", [1]);
    expect([state.get("mode"), researcher.get("plan"), await state.read(session("s"), "cart")]).toEqual([
      "careful",
      2,
      [1],
    ]);
    expect(await state.scopes()).toEqual(expect.arrayContaining([globalScope(), agent("r"), session("s")]));
    expect(await state.storeOf(globalScope()).scopes()).toEqual([globalScope()]);
    expect(await state.storeOf(agent("r")).scopes()).toEqual([agent("r")]);
  }
  await using again = await route(options(main, agents));
  expect([again.get("mode"), again.has("mode"), again.keys(), again.size]).toEqual([
    "careful",
    true,
    ["mode"],
    1,
  ]);
  expect((await again.agent("r")).get("plan")).toBe(2);
  expect(await again.read(session("s"), "cart")).toBeUndefined();
  await again.delete("mode");
  expect([again.size, again.entries()]).toEqual([0, []]);
});

test("a scope that lies in a store it is not routed to is not listed", async () => {
  const main = memory();
  {
    await using state = await route({ storage: main });
    await (await state.agent("old")).set("k", 1);
  }
  await using state = await route(options(main));
  expect(await state.scopes()).toEqual([]);
  expect(await state.storeOf(globalScope()).scopes()).toEqual([agent("old")]);
});

test("all stores ask the same hooks; a registry may be given", async () => {
  const hooks = createHooks();
  await using state = await route({ ...options(), hooks });
  hooks.on("before_state_change", { id: "guard" }, ({ key }) =>
    key === "no" ? cancel("no") : modify("yes"),
  );
  const researcher = await state.agent("r");
  expect(await researcher.set("no", 1)).toMatchObject({ status: "cancelled", by: "guard" });
  await researcher.set("k", 1);
  await state.set("k", 1);
  expect([researcher.get("k"), state.get("k")]).toEqual(["yes", "yes"]);
  expect(state.hooks.list()).toHaveLength(1);
  const outcome = await state.hooks.ask("before_send", {});
  expect(outcome.status).toBe("proceed");
});

test("events of all stores are told, each change once", async () => {
  await using state = await route(options());
  const told = collect(state);
  const stream = state.events.subscribe("state.changed");
  await state.set("a", 1);
  await (await state.agent("r")).set("b", 2);
  await state.setWithHooks(session("s"), "c", 3);
  const seen = (events: typeof told) => events.map(({ data }) => (data as { key: string }).key);
  expect(seen(told)).toEqual(["a", "b", "c"]);
  expect(new Set(told.map(({ id }) => id)).size).toBe(3);
  const read = [];
  for await (const event of stream) {
    read.push(event);
    if (read.length === 3) break;
  }
  expect(read).toEqual(told);
});

test("a subscription over several stores has one bound, and ends with the stores", async () => {
  const state = await route(options());
  const stream = state.events.subscribe("state.changed", { capacity: 2 });
  for (const scope of [globalScope(), agent("r"), session("s")]) await state.setWithHooks(scope, "k", 1);
  expect(await stream.next()).toMatchObject({ value: { type: "state.changed" } });
  expect(await stream.next()).toMatchObject({ value: { type: "state.changed" } });
  expect(await stream.next()).toMatchObject({ value: { type: "resync", data: { missed: 1 } } });
  const last = stream.next();
  await state.close();
  expect(await last).toEqual({ done: true, value: undefined });
  expect(() => state.events.subscribe("*")).toThrow(expect.objectContaining({ code: "closed" }));
});

test("an unsubscribed handler and an aborted stream hear nothing more", async () => {
  await using state = await route(options());
  const heard: unknown[] = [];
  const off = state.events.on("state.changed", (event) => heard.push(event));
  const controller = new AbortController();
  const stream = state.events.subscribe("state.changed", { signal: controller.signal });
  off();
  controller.abort();
  const aborted = state.events.subscribe("state.changed", { signal: controller.signal });
  await (await state.agent("r")).set("k", 1);
  expect(heard).toEqual([]);
  expect([await stream.next(), await aborted.next()]).toEqual([
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
  expect(() => state.events.subscribe("no*t")).toThrow(expect.objectContaining({ code: "invalid" }));
});

test("the timeline of a correlation id is put together from all stores, each in its own order", async () => {
  await using state = await route(options());
  const run = state.with({ correlationId: "run", actor: "me" });
  const researcher = await run.agent("r");
  for (const value of [1, 2, 3]) {
    await run.set("k", value);
    await researcher.set("k", value * 10);
  }
  await state.set("other", 1);
  const { events } = await state.timeline("run");
  expect(events).toHaveLength(6);
  const of = (name: string) =>
    events.filter(({ backend }) => backend === name).map((e) => e.kind === "change" && e.newValue);
  expect([of("memory"), of("memory-2")]).toEqual([
    [1, 2, 3],
    [10, 20, 30],
  ]);
  expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set(["me"]));
});

test("hook runs of all stores are found by their correlation id", async () => {
  await using state = await route(options());
  state.hooks.on("before_state_change", { id: "seen", replayable: true }, () => undefined);
  await state.set("k", 1, { correlationId: "run" });
  await state.setWithHooks(agent("r"), "k", 1, { correlationId: "run" });
  expect((await state.executions("run")).map(({ context }) => context.scope).sort()).toEqual([
    "agent:r",
    "global",
  ]);
});

test("a hook cannot reach a scope of another store: that would be another place than readers look in", async () => {
  await using state = await route(options());
  const elsewhere = { code: "unsupported", facts: { scope: "agent:r" } };
  const off = state.hooks.on("before_state_change", { id: "away" }, () => redirect(agent("r"), "k"));
  await expect(state.set("k", 1)).rejects.toMatchObject(elsewhere);
  off();
  const offFork = state.hooks.on("before_state_change", { id: "more" }, ({ scope }) =>
    scope.kind === "global" ? fork([{ scope: agent("r"), key: "k", value: 1 }]) : undefined,
  );
  await expect(state.set("k", 1)).rejects.toMatchObject(elsewhere);
  offFork();
  for (const reach of ["get", "set", "delete"] as const) {
    const offReach = state.hooks.on("before_state_change", { id: "reach" }, async (_, context) => {
      await context.state[reach](agent("r"), "k", 1);
    });
    await expect(state.set("k", 1)).rejects.toMatchObject({ code: "hook_failed", cause: elsewhere });
    offReach();
  }
  expect([state.size, (await state.agent("r")).size]).toEqual([0, 0]);
  state.hooks.on("before_state_change", { id: "near" }, ({ key }) =>
    key === "k" ? redirect(user("u"), "moved") : undefined,
  );
  await state.set("k", 1);
  expect(await state.read(user("u"), "moved")).toBe(1);
});

test("a schema is that of all stores", async () => {
  const schema = { version: 1, scopes: { agent: { plan: z.object({ step: z.number() }) } } } as const;
  await using state = await route({ ...options(), schema });
  const researcher = await state.agent("r");
  await researcher.set("plan", { step: 1 });
  expect(researcher.get("plan")?.step).toBe(1);
  await expect(researcher.set("plan", { step: "1" } as never)).rejects.toMatchObject({ code: "schema" });
});

test("flush stores what waits in every store", async () => {
  const persistence = { mode: "buffered", flushIntervalMs: 0 } as const;
  const [main, agents] = [failing("main"), failing("agents")];
  await using state = await route({ ...options(main.adapter(), agents.adapter()), persistence });
  await state.set("k", 1);
  await (await state.agent("r")).set("k", 1);
  await state.flush();
  expect(state.dirty).toBe(false);
  expect([main.backend.contents().size, agents.backend.contents().size].every((size) => size > 0)).toBe(true);
});

test("close closes all stores, also when one fails, and says so", async () => {
  const bad = failing("bad");
  const adapter = bad.adapter();
  const storage: StorageAdapter = {
    ...adapter,
    open: async (opening) => ({
      ...(await adapter.open(opening)),
      close: () => Promise.reject(new TypeError("boom")),
    }),
  };
  const state = await route(options(storage));
  const researcher = await state.agent("r");
  await expect(state.close()).rejects.toThrow();
  expect(() => researcher.get("k")).toThrow(expect.objectContaining({ code: "closed" }));
  expect(() => state.get("k")).toThrow(expect.objectContaining({ code: "closed" }));
});

test("what all stores refuse alike is said once, as what it is", async () => {
  const state = await route(options());
  const noId = { constructor: TypeError, message: "a correlation id is a non-empty string" };
  await expect(state.executions("")).rejects.toMatchObject(noId);
  await expect(state.timeline("")).rejects.toMatchObject(noId);
  const both = [globalScope(), agent("r")].map((scope) => ({ scope, key: "k", value: 1 }));
  await expect(state.setMany(both, { actor: 5 } as never)).rejects.toMatchObject({
    constructor: TypeError,
    message: "actor must be a string, not number",
  });
  await expect(state.setMany(both, { actor: "" })).rejects.toMatchObject({
    code: "invalid",
    message: "actor must be one line of 1 to 512 characters",
    facts: { backends: [{ status: "failed" }, { status: "failed" }] },
  });
  const schema = "user" as never;
  await expect(route({ ...options(), schema })).rejects.toMatchObject({
    constructor: TypeError,
    message: "schema must be an object",
  });
  const elsewhere = await route(options());
  for (const store of elsewhere.backends) await store.state.close();
  await expect(elsewhere.refresh()).rejects.toMatchObject({
    code: "closed",
    message: expect.not.stringContaining("; and"),
  });
  await state.close();
});

test("close says once what cannot be stored, and nothing where it then could be", async () => {
  const persistence = { mode: "buffered", flushIntervalMs: 600_000 } as const;
  for (const failures of [1, 2]) {
    const [main, agents] = [failing("main"), failing("agents")];
    const state = await route({ ...options(main.adapter(), agents.adapter()), persistence });
    await state.set("k", 1);
    for (let i = 1; i <= failures; i++)
      main.backend.plan({ at: main.backend.effects + i, kind: "fail-before", as: "quota" });
    if (failures === 1) await state.close();
    else {
      const error: unknown = await state.close().catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: "quota", message: expect.not.stringContaining("; and") });
    }
    await using again = await route(options(main.adapter(), agents.adapter()));
    expect(again.get("k")).toBe(failures === 1 ? 1 : undefined);
  }
});

test("close ends the others where a store was closed by itself", async () => {
  const state = await route(options());
  await state.storeOf(agent("r")).close();
  await state.close();
  expect(() => state.get("k")).toThrow(expect.objectContaining({ code: "closed" }));
});
