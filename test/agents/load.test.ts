import { describe, expect, test } from "vitest";
import { z } from "zod";
import { listAgents, persistent, readAgentState } from "../../src/agents.ts";
import { modify, StateManager } from "../../src/index.ts";
import { Researcher } from "./agent.ts";

const researcher = (id: string) => persistent(new Researcher(id));

describe("loading is all or nothing", () => {
  const failure = (cause: unknown) => ({
    code: "agent_load_failed",
    message: expect.stringMatching(/^Failed to load agent state: /),
    cause,
  });

  test("when the record is not what it should be", async () => {
    const state = await StateManager.open();
    for (const [field, value] of [
      ["agentType", 1],
      ["metadata", { name: "x" }],
      ["creationTime", "yesterday"],
      ["schemaVersion", 0],
      ["hookRegistrations", "h"],
      ["agentId", "b"],
    ] as const) {
      const off = state.hooks.on("before_state_change", { id: "spoil" }, (change) =>
        modify({ ...(change.value as object), [field]: value }),
      );
      await researcher("a").saveState(state);
      off();
      const agent = researcher("a");
      const before = { ...agent };
      await expect(agent.loadState(state)).rejects.toMatchObject(failure(expect.any(TypeError)));
      expect({ ...agent }).toEqual(before);
      await expect(listAgents(state)).rejects.toMatchObject({
        code: "agent_load_failed",
        facts: { key: "a" },
      });
    }
    expect(await researcher("a").deleteState(state)).toBe(true);
    await state.close();
  });

  test("when the agent is of another type", async () => {
    const state = await StateManager.open();
    await researcher("a").saveState(state);
    const agent = persistent(Object.assign(new Researcher("a"), { agentType: "writer" as never }));
    await expect(agent.loadState(state)).rejects.toMatchObject(failure(expect.any(TypeError)));
    await state.close();
  });

  test("when its hooks cannot be registered again, or its own setter throws", async () => {
    const state = await StateManager.open();
    const saved = researcher("a");
    saved.hookRegistrations = ["h1"];
    saved.state = { config: "saved", seen: new Set() };
    await saved.saveState(state);
    const boom = new Error("boom");

    const agent = researcher("a");
    agent.restoreHookRegistrations = async () => {
      throw boom;
    };
    await expect(agent.loadState(state)).rejects.toMatchObject(failure(boom));
    expect(agent.state.config).toEqual({});

    const stubborn = researcher("a");
    const { metadata } = stubborn;
    Object.defineProperty(stubborn, "metadata", {
      get: () => metadata,
      set(next) {
        if (next !== metadata) throw boom;
      },
    });
    await expect(stubborn.loadState(state)).rejects.toMatchObject(failure(boom));
    expect([stubborn.state.config, stubborn.hookRegistrations]).toEqual([{}, []]);
    await state.close();
  });

  test("when the store cannot be read: with the cause, never as absent", async () => {
    const state = await StateManager.open();
    await researcher("a").saveState(state);
    await state.close();
    await expect(researcher("a").loadState(state)).rejects.toMatchObject({ code: "closed" });
  });
});

describe("an agent's schema", () => {
  const V2 = z.object({ config: z.object({ model: z.string() }), seen: z.set(z.string()) });

  test("refuses a save that does not fit, and stores what it makes of one that does", async () => {
    const state = await StateManager.open();
    const agent = persistent(new Researcher("a"), {
      state: V2.transform((s) => ({ ...s, config: { model: s.config.model.toUpperCase() } })) as never,
      version: 2,
    });
    await expect(agent.saveState(state)).rejects.toMatchObject({
      code: "schema",
      facts: { path: "state.config.model" },
    });
    expect(await listAgents(state)).toEqual([]);
    agent.state = { config: { model: "xl" }, seen: new Set() };
    await agent.saveState(state);
    expect(await readAgentState(state, "a")).toMatchObject({
      schemaVersion: 2,
      state: { config: { model: "XL" } },
    });
    await state.close();
  });

  test("migrates an older state on load, and leaves the record alone until the next save", async () => {
    const state = await StateManager.open();
    const old = researcher("a");
    old.state = { config: "xl", seen: new Set() };
    await old.saveState(state);
    const migrate = (value: unknown, version: number) => {
      expect(version).toBe(1);
      const { config, seen } = value as { config: string; seen: Set<string> };
      return { config: { model: config }, seen };
    };
    const agent = persistent(new Researcher("a"), { version: 2, state: V2 as never, migrate });
    expect(await agent.loadState(state)).toBe(true);
    expect(agent.state.config).toEqual({ model: "xl" });
    expect((await readAgentState(state, "a"))?.schemaVersion).toBe(1);
    await agent.saveState(state);
    expect((await readAgentState(state, "a"))?.schemaVersion).toBe(2);
    await state.close();
  });

  test("does not load a newer record, nor an older one that nobody can bring up to date", async () => {
    const state = await StateManager.open();
    await persistent(new Researcher("a"), { version: 3 }).saveState(state);
    for (const [version, code] of [
      [2, "newer_format"],
      [4, "unsupported"],
    ] as const) {
      const agent = persistent(new Researcher("a"), { version });
      await expect(agent.loadState(state)).rejects.toMatchObject({
        code: "agent_load_failed",
        cause: { code },
      });
    }
    await state.close();
  });
});

test.each<[string, () => unknown]>([
  ["no agent", () => persistent(null as never)],
  ["an agent without an id", () => persistent({ ...new Researcher("a"), id: undefined } as never)],
  ["a schema that is none", () => persistent(new Researcher("a"), { state: {} as never })],
  ["an unknown field of the schema", () => persistent(new Researcher("a"), { versoin: 2 } as never)],
  ["a version that is none", () => persistent(new Researcher("a"), { version: 0 })],
  ["a store that is none", () => researcher("a").saveState({} as never)],
  ["a store that is none", () => researcher("a").loadState({} as never)],
  ["a store that is none", () => listAgents({} as never)],
])("refuses %s", async (_, call) => {
  const refused = async () => call();
  await expect(refused()).rejects.toSatisfy(
    (e) => e instanceof TypeError || (e as { code: string }).code === "invalid",
  );
});

test("refuses an agent that lacks something, or whose state would not come back, and says where", async () => {
  const state = await StateManager.open();
  const broken = Object.assign(researcher("a"), { metadata: undefined as never });
  await expect(broken.saveState(state)).rejects.toThrow(/metadata of an agent must be an object/);
  const agent = researcher("a");
  agent.state = { config: { run: () => 1 }, seen: new Set() };
  await expect(agent.saveState(state)).rejects.toMatchObject({
    code: "not_serializable",
    facts: { path: "a.state.config.run" },
  });
  expect(await listAgents(state)).toEqual([]);
  await state.close();
});
