import { checkName } from "../ground/name.ts";
import { type AnyStore, copyValue, withSystemScope } from "../internal.ts";
import type { AgentSummary, PersistentAgentState } from "./agent.ts";
import { AGENTS, loadFailed, readRecord } from "./record.ts";

/** The agents that have records, ordered by id. Rejects with `agent_load_failed` if one is not what it should be. */
export async function listAgents(state: AnyStore): Promise<AgentSummary[]> {
  return withSystemScope(state, AGENTS, {}, (agents) =>
    agents
      .keys()
      .sort()
      .map((id) => {
        const { state: _, ...summary } = recordIn(state, agents.get(id), id);
        return summary;
      }),
  );
}

/**
 * The record of one agent, without an agent to load it into. `undefined` where there is none. Its state is as it was saved:
 * no schema was asked. Rejects with `agent_load_failed` if it is not what it should be.
 */
export async function readAgentState(state: AnyStore, id: string): Promise<PersistentAgentState | undefined> {
  checkName(id, "agent id");
  return withSystemScope(state, AGENTS, {}, (agents) =>
    agents.has(id) ? recordIn(state, agents.get(id), id) : undefined,
  );
}

function recordIn(state: AnyStore, value: unknown, id: string): PersistentAgentState {
  try {
    return readRecord(copyValue(state, value, id), id);
  } catch (error) {
    throw loadFailed(id, error);
  }
}
