import type { Agent, AgentMetadata } from "../../src/agents.ts";

/** An agent with a little of everything in its state. */
export interface Memory {
  readonly config: unknown;
  readonly seen: Set<string>;
}

export class Researcher implements Agent<Memory> {
  readonly id: string;
  readonly agentType = "researcher";
  readonly creationTime = new Date(1_000);
  state: Memory = { config: {}, seen: new Set() };
  metadata: AgentMetadata = { name: "R", version: "1.0.0", capabilities: ["search"], tags: [] };
  hookRegistrations: readonly string[] = [];
  lastHookExecution: Date | undefined;
  correlationContext: string | undefined;

  constructor(id: string) {
    this.id = id;
  }

  async restoreHookRegistrations(ids: readonly string[]): Promise<void> {
    this.hookRegistrations = ids;
  }
}
