import type { Agent, PersistentAgentState } from "../agents/agent.ts";
import { type Persistence, persistent } from "../agents/persistent.ts";
import type { Clock } from "../ground/ports.ts";
import { type Schema, StateManager, type StateManagerOptions } from "../index.ts";
import { seededRandom } from "./random.ts";

/** Where the clock of every test begins: 2024-01-01T00:00:00Z in milliseconds. */
export const TEST_TIME = 1_704_067_200_000;

export interface TestStateManagerOptions<S extends Schema = Schema> extends StateManagerOptions<S> {
  /** Of the revisions' random part. Default 1. */
  readonly seed?: number;
  /** Where the clock begins, in milliseconds. Default `TEST_TIME`. */
  readonly startAt?: number;
  /**
   * Takes what is to be done at the test's end, as `onTestFinished` of Vitest and `t.after` of Node do. The store is then closed
   * by itself. Without it: `await using`.
   */
  readonly cleanup?: (end: () => Promise<void>) => unknown;
}

/** An open store whose surroundings a test holds in its hand. */
export interface TestStateManager<S extends Schema = Schema> extends StateManager<S> {
  /** Stands still until it is moved on. */
  readonly clock: Clock & { advance(ms: number): void };
  /** What went to the logger, such as events of failures that nobody listened to. */
  readonly logged: readonly string[];
}

/**
 * A store in memory with a clock that stands still, revisions that are the same in every run, and a logger that says nothing.
 * Generated correlation ids stay unique, and so differ from run to run.
 *
 * @example
 * await using state = await createTestStateManager();
 * await state.set("k", 1, { ttlMs: 1000 });
 * state.clock.advance(1000);
 * state.has("k"); // false
 */
export async function createTestStateManager<S extends Schema = Schema>(
  options: TestStateManagerOptions<S> = {},
): Promise<TestStateManager<S>> {
  const { seed = 1, startAt = TEST_TIME, cleanup, ...rest } = options;
  const random = seededRandom(seed);
  const logged: string[] = [];
  const say = (message: string) => void logged.push(message);
  let time = startAt;
  const clock = {
    now: () => time,
    elapsed: () => time - startAt,
    advance(ms: number) {
      time += ms;
    },
  };
  const ports = {
    clock,
    random: { fill: (target: Uint8Array<ArrayBuffer>) => target.set(random.bytes(target.length)) },
    logger: { warn: say, error: say },
    ...rest.ports,
  };
  const state = await StateManager.open<S>({ ...rest, ports });
  cleanup?.(() => state.close());
  return Object.assign(state, { clock, logged });
}

/** The record of an agent as `readAgentState` gives it; `json` is the agent's state. The same call gives the same record. */
export function createTestAgentState<TState>(id: string, json: TState): PersistentAgentState<TState> {
  return {
    agentId: id,
    agentType: "test",
    state: json,
    metadata: { name: id, version: "1.0.0", capabilities: [], tags: [] },
    creationTime: new Date(TEST_TIME),
    lastModified: new Date(TEST_TIME),
    schemaVersion: 1,
    hookRegistrations: [],
  };
}

/**
 * An agent that is in that state and can be saved.
 *
 * @example
 * await createTestAgent(createTestAgentState("a-1", { notes: [] })).saveState(state);
 */
export function createTestAgent<TState>(record: PersistentAgentState<TState>): Agent<TState> & Persistence {
  const { agentId, agentType, state, metadata, creationTime, hookRegistrations } = record;
  const { lastHookExecution, correlationContext } = record;
  return persistent<Agent<TState>>({
    id: agentId,
    agentType,
    state,
    metadata,
    creationTime,
    hookRegistrations,
    lastHookExecution,
    correlationContext,
  });
}
