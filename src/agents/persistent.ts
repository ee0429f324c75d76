import { isStateError, StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import type { WriteResult } from "../index.ts";
import { type AnyStore, copyValue, engineOf, withSystemScope } from "../internal.ts";
import type { Agent, PersistentAgentState } from "./agent.ts";
import { readAgentState } from "./list.ts";
import { AGENTS, loadFailed, readRecord, recordOf } from "./record.ts";
import { type AgentSchema, checkSchema, checkState, upgrade } from "./schema.ts";

/** What `persistent` adds to an agent. Its records go through hooks, journal and events like every other change. */
export interface Persistence {
  /**
   * Stores the agent as it is at the call, in place of what was stored for its id. The creation time of the first save is
   * kept. Rejects with `schema`, `not_serializable` (with the path), a TypeError for an agent that lacks something, or
   * what else `set` can fail with.
   */
  saveState(state: AnyStore): Promise<WriteResult>;
  /**
   * Restores state, metadata, hooks and correlation context. False, with nothing changed, where nothing is stored. Rejects
   * with `agent_load_failed`, and its cause, for a record that cannot be restored: the agent is then as it was.
   */
  loadState(state: AnyStore): Promise<boolean>;
  /** Removes the record; true if there was one at the call. Rejects with `hook_failed` if a hook vetoes it. */
  deleteState(state: AnyStore): Promise<boolean>;
}

/**
 * Gives an agent persistence: adds the methods to the object itself, which stays what it is, and returns it.
 *
 * @example
 * const researcher = persistent(new Researcher("r-1"), { version: 2, state: z.object({ notes: z.array(z.string()) }) });
 * await researcher.loadState(state);
 * researcher.state.notes.push("found it");
 * await researcher.saveState(state);
 */
export function persistent<A extends Agent>(agent: A, schema: AgentSchema<A["state"]> = {}): A & Persistence {
  if (typeof agent !== "object" || agent === null) throw new TypeError("persistent needs an agent");
  checkName(agent.id, "agent id");
  checkSchema(schema);
  const inOrder = oneByOne();
  const methods: Persistence = {
    async saveState(state) {
      const taken = take(agent, schema, state);
      return inOrder(() => save(agent, schema, state, taken));
    },
    loadState: (state) => inOrder(() => load(agent, schema, state)),
    deleteState: (state) => inOrder(() => remove(agent, state)),
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(agent, name, { value, configurable: true, writable: true });
  }
  return agent as A & Persistence; // the three methods were just defined
}

/** What is called for an agent happens in the order of the calls, awaited or not, however long its schema takes. */
function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}

/** The record as it is now: what the agent does while the save waits changes nothing. */
function take(agent: Agent, schema: AgentSchema, state: AnyStore): PersistentAgentState {
  const { id } = agent;
  const record = recordOf(agent, schema.version ?? 1, engineOf(state).now());
  return readRecord(copyValue(state, record, id), id);
}

async function save(
  { id, correlationContext }: Agent,
  schema: AgentSchema,
  state: AnyStore,
  taken: PersistentAgentState,
): Promise<WriteResult> {
  const record = { ...taken, state: await checkState(schema, taken.state) };
  const keepingCreation = (old: unknown) => ({
    ...record,
    creationTime: creationOf(old) ?? record.creationTime,
  });
  return withSystemScope(state, AGENTS, bound(correlationContext), (agents) =>
    agents.update(id, keepingCreation, { type: "agent_state.saved", data: { agent: id } }),
  );
}

/** Whatever lies there is about to be replaced, so it need not be sound. */
function creationOf(old: unknown): Date | undefined {
  if (typeof old !== "object" || old === null || !("creationTime" in old)) return undefined;
  return old.creationTime instanceof Date ? old.creationTime : undefined;
}

async function load(agent: Agent, schema: AgentSchema, state: AnyStore): Promise<boolean> {
  const { id } = agent;
  engineOf(state);
  try {
    const record = await readAgentState(state, id);
    if (record === undefined) return false;
    if (record.agentType !== agent.agentType) {
      throw new TypeError(`the record is of a ${record.agentType}, and the agent is a ${agent.agentType}`);
    }
    const today = await upgrade(schema, record.state, record.schemaVersion);
    await apply(agent, { ...record, state: today });
    return true;
  } catch (error) {
    throw isStateError(error, "agent_load_failed") ? error : loadFailed(id, error);
  }
}

/** Everything is known to be sound. What can still fail is the agent's own code; then it gets back what it had. */
async function apply(agent: Agent, record: PersistentAgentState): Promise<void> {
  const { state, metadata, correlationContext } = agent;
  const hooks = agent.hookRegistrations ?? [];
  await agent.restoreHookRegistrations?.(record.hookRegistrations);
  try {
    agent.state = record.state;
    agent.metadata = record.metadata;
    if (correlationContext !== record.correlationContext)
      agent.correlationContext = record.correlationContext;
  } catch (error) {
    Object.assign(agent, { state, metadata });
    if (agent.correlationContext !== correlationContext) agent.correlationContext = correlationContext;
    await agent.restoreHookRegistrations?.(hooks);
    throw error;
  }
}

async function remove(agent: Agent, state: AnyStore): Promise<boolean> {
  const { id, correlationContext } = agent;
  return withSystemScope(state, AGENTS, bound(correlationContext), async (agents) => {
    const wasThere = agents.has(id);
    const result = await agents.delete(id, { type: "agent_state.deleted", data: { agent: id } });
    if (result.status !== "cancelled") return wasThere;
    const { by, reason } = result;
    const message = `the record of agent ${id} was not deleted: hook ${by} vetoed it: ${reason}`;
    throw new StateError("hook_failed", message, { key: id, hook: by });
  });
}

function bound(correlationId: string | undefined): { correlationId?: string } {
  return correlationId === undefined ? {} : { correlationId };
}
