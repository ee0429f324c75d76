import { expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, custom, globalScope, type StateScope, session, step, user } from "../../src/index.ts";
import { openRouted } from "../../src/routing.ts";
import { failing, route } from "./world.ts";

/** Which adapter each scope lives in. */
async function places(
  options: Parameters<typeof route>[0],
  scopes: readonly StateScope[],
): Promise<string[]> {
  await using state = await route(options);
  const names = new Map(state.backends.map((backend) => [backend.state, backend.name]));
  return scopes.map((scope) => names.get(state.storeOf(scope)) ?? "");
}

const named = (name: string) => failing(name).adapter();
const scopes = [globalScope(), agent("a"), agent("one"), session("s"), step("w", "s"), custom("agent")];

test("the first override that fits a scope's text form or kind decides", async () => {
  const overrides = [
    { match: "agent:one", storage: named("one") },
    { match: "agent", storage: named("agents") },
    { match: "session:*", enabled: false },
    { match: "step:w:*", storage: named("steps") },
  ];
  const options = { storage: named("main"), overrides };
  expect(await places(options, scopes)).toEqual(["main", "agents", "one", "memory", "steps", "main"]);
});

test("a pattern is taken literally but for its stars, and must fit all of the text", async () => {
  const match = (pattern: string) => [{ match: pattern, enabled: false }];
  const fitting = async (pattern: string) => {
    const all = await places({ storage: named("main"), overrides: match(pattern) }, scopes);
    return scopes.filter((_, i) => all[i] === "memory");
  };
  expect(await fitting("agent:o.e")).toEqual([]);
  expect(await fitting("agent:o")).toEqual([]);
  expect(await fitting("*:one")).toEqual([agent("one")]);
  expect(await fitting("custom:agent")).toEqual([custom("agent")]);
  expect(await fitting("*")).toEqual(scopes);
});

test("persistence may be off, and on for what an override names (R171)", async () => {
  const options = {
    storage: named("main"),
    persistence: { enabled: false },
    overrides: [
      { match: "agent", enabled: true },
      { match: "user", storage: named("agents") },
      { match: "session" },
    ],
  };
  const asked = [globalScope(), agent("a"), user("u"), session("s")];
  expect(await places(options, asked)).toEqual(["memory", "main", "agents", "memory"]);
});

test("without any storage all is in memory", async () => {
  expect(await places({}, [globalScope(), agent("a")])).toEqual(["memory", "memory"]);
});

test("one adapter named twice is opened once; stores have names that tell them apart", async () => {
  const [shared, other] = [memory(), memory()];
  await using state = await route({
    storage: shared,
    overrides: [
      { match: "agent", storage: other },
      { match: "user", storage: shared },
      { match: "tool", storage: other },
    ],
  });
  expect(state.backends.map(({ name }) => name)).toEqual(["memory", "memory-2"]);
  expect(state.storeOf(user("u"))).toBe(state.storeOf(globalScope()));
});

test("overrides that say nothing or two things at once are refused", async () => {
  for (const overrides of [
    [{ match: "agent", enabled: true }],
    [{ match: "agent", enabled: false, storage: memory() }],
    [{ match: "agent", enable: true }],
    [{ match: "agents", enabled: false }],
    [{ match: "agnt:*", enabled: false }],
  ]) {
    await expect(openRouted({ overrides } as never)).rejects.toMatchObject({ code: "invalid" });
  }
  for (const overrides of [{}, [{}], [{ match: "" }], [null], [{ match: "agent", enabled: 1 }]]) {
    await expect(openRouted({ overrides } as never)).rejects.toThrow(TypeError);
  }
  await expect(openRouted({ storge: memory() } as never)).rejects.toMatchObject({ code: "invalid" });
});

test("if one store cannot be opened none is, and the failure is told", async () => {
  const good = failing("good");
  const adapter = good.adapter();
  let isOpen = false;
  const watched = {
    ...adapter,
    async open(opening: Parameters<typeof adapter.open>[0]) {
      const store = await adapter.open(opening);
      isOpen = true;
      const close = async () => {
        await store.close();
        isOpen = false;
      };
      return { ...store, close };
    },
  };
  const bad = failing("bad");
  bad.backend.failReads(1000);
  const options = { storage: watched, overrides: [{ match: "agent", storage: bad.adapter() }] };
  await expect(route(options)).rejects.toMatchObject({ code: "unavailable" });
  expect(isOpen).toBe(false);
});

test("what is required is required of storages, not of what is kept in memory on purpose", async () => {
  const options = {
    storage: named("main"),
    overrides: [{ match: "session", enabled: false }],
    require: { durability: "power" } as const,
  };
  expect(await places(options, [session("s")])).toEqual(["memory"]);
  const weak = { ...options, overrides: [{ match: "agent", storage: memory() }] };
  await expect(route(weak)).rejects.toMatchObject({ code: "unsupported" });
});

test("what waits for one store is not offered to several", async () => {
  const pending = { read: () => [], write: () => undefined, remove: () => undefined };
  const ports = { lifecycle: { onSuspend: () => () => undefined, pending } };
  const overrides = [{ match: "agent", storage: memory() }];
  await expect(openRouted({ storage: memory(), overrides, ports })).rejects.toMatchObject({
    code: "invalid",
  });
  await using state = await openRouted({
    storage: memory(),
    overrides: [{ match: "agent", enabled: false }],
    ports,
  });
  expect(state.backends).toHaveLength(2);
});
