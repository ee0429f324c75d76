/** The door of `keepstate/agents`: agents whose state outlives the program. */
export type { Agent, AgentMetadata, AgentSummary, PersistentAgentState } from "./agents/agent.ts";
export { listAgents, readAgentState } from "./agents/list.ts";
export type { Persistence } from "./agents/persistent.ts";
export { persistent } from "./agents/persistent.ts";
export type { AgentSchema } from "./agents/schema.ts";
export type { AnyStore } from "./internal.ts";
