import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { memory } from "../../adapters/memory/index.ts";
import { listAgents, persistent, readAgentState } from "../../src/agents.ts";
import { cancel, custom, redirect, StateManager, type UniversalEvent } from "../../src/index.ts";
import { Researcher } from "./agent.ts";

const researcher = (id: string) => persistent(new Researcher(id));

describe("an agent's state", () => {
  test("is isolated from that of others, and survives a restart", async () => {
    const path = await mkdtemp(join(tmpdir(), "keepstate-agents-"));
    try {
      let state = await StateManager.open({ storage: filesystem({ path }) });
      const [a, b] = [researcher("a:b"), researcher("a")];
      a.state = { config: { model: "large" }, seen: new Set(["x", "é/%"]) };
      b.state = { config: { model: "small" }, seen: new Set() };
      a.lastHookExecution = new Date(5);
      a.hookRegistrations = ["h1"];
      expect(await a.saveState(state)).toMatchObject({ status: "committed", durability: "power" });
      await b.saveState(state);
      await state.close();

      state = await StateManager.open({ storage: filesystem({ path }) });
      const [again, other] = [researcher("a:b"), researcher("a")];
      expect(await again.loadState(state)).toBe(true);
      expect(await other.loadState(state)).toBe(true);
      expect(again.state).toEqual({ config: { model: "large" }, seen: new Set(["x", "é/%"]) });
      expect(other.state).toEqual({ config: { model: "small" }, seen: new Set() });
      expect(again.hookRegistrations).toEqual(["h1"]);
      expect(await readAgentState(state, "a:b")).toMatchObject({
        agentId: "a:b",
        agentType: "researcher",
        schemaVersion: 1,
        lastHookExecution: new Date(5),
      });
      await state.close();
    } finally {
      await rm(path, { recursive: true });
    }
  });

  test("is found again under any id, and never under another", async () => {
    const state = await StateManager.open();
    const ids = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(ids, async (given) => {
        for (const id of given) {
          const agent = researcher(id);
          agent.state = { config: id, seen: new Set([id]) };
          await agent.saveState(state);
        }
        for (const id of given) {
          const agent = researcher(id);
          expect(await agent.loadState(state)).toBe(true);
          expect(agent.state.config).toBe(id);
        }
      }),
      { numRuns: 20 },
    );
    await state.close();
  });

  test("is not found where nothing was saved, and nothing changes", async () => {
    const state = await StateManager.open();
    const agent = researcher("nobody");
    const before = agent.state;
    expect(await agent.loadState(state)).toBe(false);
    expect(agent.state).toBe(before);
    expect(state.headRevision).toBe("0".repeat(26));
    await state.close();
  });

  test("is taken at the call, and handed out without an alias", async () => {
    const state = await StateManager.open();
    const agent = researcher("a");
    agent.state = { config: { n: 1 }, seen: new Set(["1"]) };
    const saving = agent.saveState(state);
    agent.state.seen.add("2");
    await saving;
    const [one, two] = [researcher("a"), researcher("a")];
    await one.loadState(state);
    one.state.seen.add("3");
    await two.loadState(state);
    expect(two.state.seen).toEqual(new Set(["1"]));
    await state.close();
  });

  test("keeps the creation time of the first save and tells of the last", async () => {
    let now = 10_000;
    const state = await StateManager.open({ ports: { clock: { now: () => now, elapsed: () => now } } });
    await researcher("a").saveState(state);
    now = 20_000;
    const later = Object.assign(researcher("a"), { creationTime: new Date(15_000) });
    await later.saveState(state);
    expect(await readAgentState(state, "a")).toMatchObject({
      creationTime: new Date(1_000),
      lastModified: new Date(20_000),
    });
    await state.close();
  });

  test("is deleted once; then there was nothing to delete", async () => {
    const state = await StateManager.open();
    const agent = researcher("a");
    expect(await agent.deleteState(state)).toBe(false);
    await agent.saveState(state);
    expect(await agent.deleteState(state)).toBe(true);
    expect(await agent.deleteState(state)).toBe(false);
    expect(await agent.loadState(state)).toBe(false);
    await state.close();
  });

  test("changes in the order of the calls, awaited or not, also under a slow schema", async () => {
    const state = await StateManager.open();
    const slow = z.custom<Researcher["state"]>().refine(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return true;
    });
    const agent = persistent(new Researcher("a"), { state: slow });
    const calls = [
      agent.saveState(state),
      agent.deleteState(state),
      agent.saveState(state),
      agent.deleteState(state),
    ];
    expect((await Promise.all(calls)).map((r) => (typeof r === "boolean" ? r : r.status))).toEqual([
      "committed",
      true,
      "committed",
      true,
    ]);
    expect(await listAgents(state)).toEqual([]);
    await state.close();
  });
});

describe("agents' records", () => {
  test("are listed by id, without their states, and not among the user's scopes", async () => {
    const state = await StateManager.open();
    for (const id of ["b", "a", "ä"]) await researcher(id).saveState(state);
    const list = await listAgents(state);
    expect(list.map((one) => one.agentId)).toEqual(["a", "b", "ä"]);
    expect(list[0]).not.toHaveProperty("state");
    expect(list[0]?.metadata.name).toBe("R");
    expect(await state.scopes()).toEqual([]);
    expect(state.keys()).toEqual([]);
    await state.close();
  });

  test("go through hooks: seen, altered, recorded with the correlation id of the agent's run", async () => {
    const state = await StateManager.open();
    const seen: unknown[] = [];
    state.hooks.on("before_state_change", { id: "watch", replayable: true, scopes: ["system"] }, (change) => {
      seen.push([change.scopeText, change.scope.kind, change.key, change.operation]);
    });
    state.hooks.on("after_state_change", { id: "after" }, (change) => {
      seen.push(["after", change.key]);
    });
    const agent = researcher("a");
    agent.correlationContext = "run-7";
    expect(await agent.saveState(state)).toMatchObject({ correlationId: "run-7" });
    await agent.deleteState(state);
    expect(seen).toEqual([
      ["!agents", "system", "a", "set"],
      ["after", "a"],
      ["!agents", "system", "a", "delete"],
      ["after", "a"],
    ]);
    const runs = await state.executions("run-7");
    expect(runs.map((run) => [run.hookId, run.correlationId])).toEqual([
      ["watch", "run-7"],
      ["watch", "run-7"],
    ]);
    await state.close();
  });

  test("a veto of a save is told and changes nothing; of a deletion it rejects", async () => {
    const state = await StateManager.open();
    const agent = researcher("a");
    await agent.saveState(state);
    state.hooks.on("before_state_change", { id: "frozen", scopes: ["system"] }, () => cancel("no"));
    agent.state = { config: 2, seen: new Set() };
    expect(await agent.saveState(state)).toMatchObject({ status: "cancelled", by: "frozen", reason: "no" });
    await expect(agent.deleteState(state)).rejects.toMatchObject({
      code: "hook_failed",
      facts: { hook: "frozen" },
    });
    expect((await readAgentState(state, "a"))?.state).toEqual({ config: {}, seen: new Set() });
    await state.close();
  });

  test("cannot be redirected, forked beside, or reached by a user's scope", async () => {
    const state = await StateManager.open();
    const off = state.hooks.on("before_state_change", { id: "away" }, (change) =>
      change.scope.kind === "system" ? redirect(custom("x"), "y") : undefined,
    );
    await expect(researcher("a").saveState(state)).rejects.toMatchObject({ code: "hook_failed" });
    off();
    state.hooks.on("before_state_change", { id: "beside" }, async (change, context) => {
      if (change.scope.kind === "system") await context.state.set(change.scope, "z", 1);
    });
    await expect(researcher("a").saveState(state)).rejects.toMatchObject({ code: "hook_failed" });
    expect(await listAgents(state)).toEqual([]);
    expect(await state.scopes()).toEqual([]);
    await state.close();
  });

  test("tell of themselves once, after their state.changed, and not when nothing was deleted", async () => {
    const state = await StateManager.open();
    const told: UniversalEvent[] = [];
    state.events.on("*", (event) => told.push(event));
    const agent = researcher("a");
    await agent.saveState(state);
    await agent.deleteState(state);
    await agent.deleteState(state);
    expect(told.map((event) => event.type)).toEqual([
      "state.changed",
      "agent_state.saved",
      "state.changed",
      "agent_state.deleted",
    ]);
    expect(told[1]).toMatchObject({ data: { agent: "a" }, revision: told[0]?.revision });
    expect(new Set(told.map((event) => event.id)).size).toBe(4);
    await state.close();
  });

  test("carry the correlation that the store is bound to before the agent's own", async () => {
    const state = await StateManager.open();
    const agent = researcher("a");
    agent.correlationContext = "own";
    const bound = state.with({ correlationId: "outer", actor: "me" });
    expect(await agent.saveState(bound)).toMatchObject({ correlationId: "outer" });
    expect((await state.timeline("outer")).events).toMatchObject([
      { scope: "!agents", key: "a", actor: "me" },
    ]);
    await state.close();
  });

  test("of a buffered store are visible at once and announced when they are stored", async () => {
    const storage = memory();
    const state = await StateManager.open({
      storage,
      persistence: { mode: "buffered", flushIntervalMs: 60_000 },
    });
    const told: string[] = [];
    state.events.on("agent_state.*", (event) => told.push(event.type));
    expect(await researcher("a").saveState(state)).toMatchObject({ status: "buffered" });
    expect(await researcher("a").loadState(state)).toBe(true);
    expect(told).toEqual([]);
    await state.flush();
    expect(told).toEqual(["agent_state.saved"]);
    await state.close();
  });
});
