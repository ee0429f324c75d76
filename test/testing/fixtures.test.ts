import { expect, onTestFinished, test } from "vitest";
import { listAgents, readAgentState } from "../../src/agents.ts";
import type { StateManager } from "../../src/index.ts";
import {
  createTestAgent,
  createTestAgentState,
  createTestStateManager,
  TEST_TIME,
} from "../../src/testing.ts";

test("a test's store is in memory, and its clock and revisions are in the test's hand", async () => {
  const story = async (seed?: number) => {
    await using state = await createTestStateManager(seed === undefined ? {} : { seed });
    await state.set("a", 1);
    state.clock.advance(5);
    await state.set("b", 2, { ttlMs: 10 });
    const revisions = [state.revision("a"), state.revision("b")];
    expect([state.storageMode, state.lastDurableAt, state.has("b")]).toEqual(["memory", TEST_TIME + 5, true]);
    state.clock.advance(10);
    expect(state.has("b")).toBe(false);
    return revisions;
  };
  const first = await story();
  expect(await story()).toEqual(first);
  expect(await story(2)).not.toEqual(first);
});

test("it takes the options of any other store, and its logger only listens", async () => {
  await using state = await createTestStateManager({ persistence: { mode: "buffered" }, startAt: 7 });
  expect([(await state.set("a", 1)).status, state.clock.now(), state.clock.elapsed()]).toEqual([
    "buffered",
    7,
    0,
  ]);
  state.events.on("state.changed", () => {
    throw new TypeError("a handler that fails");
  });
  await state.flush();
  expect(state.logged).toEqual(["subscriber.failed, and nobody listens"]);
});

const opened: StateManager[] = [];

test("it closes itself where it is told when the test ends", async () => {
  const state = await createTestStateManager({ cleanup: onTestFinished });
  await state.set("a", 1);
  opened.push(state);
});

test("and so it is closed in the next one", () => {
  for (const state of opened) expect(() => state.get("a")).toThrow("closed");
});

test("an agent's record is the same for the same call, and can be saved and read", async () => {
  await using state = await createTestStateManager();
  const record = createTestAgentState("a-1", { notes: ["found"] });
  expect(createTestAgentState("a-1", { notes: ["found"] })).toEqual(record);
  await createTestAgent(record).saveState(state);
  expect(await readAgentState(state, "a-1")).toEqual(record);
  expect((await listAgents(state)).map(({ agentId }) => agentId)).toEqual(["a-1"]);
  const other = createTestAgent(createTestAgentState("a-1", { notes: [] as string[] }));
  expect(await other.loadState(state)).toBe(true);
  expect(other.state).toEqual({ notes: ["found"] });
});
