/** Compiled, never run: what the agents' types promise, and what must not compile. */
import { z } from "zod";
import { type Agent, type AgentMetadata, listAgents, persistent, readAgentState } from "../../src/agents.ts";
import { StateManager } from "../../src/index.ts";

interface Notes {
  readonly notes: string[];
}

class Writer implements Agent<Notes> {
  readonly agentType = "writer";
  readonly creationTime = new Date();
  state: Notes = { notes: [] };
  metadata: AgentMetadata = { name: "W", version: "1", capabilities: [], tags: [] };
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
  own(): number {
    return 1;
  }
}

export async function agents(state: StateManager): Promise<void> {
  const writer = persistent(new Writer("w"), { version: 2, state: z.object({ notes: z.array(z.string()) }) });
  writer.own();
  const found: boolean = await writer.loadState(state);
  const deleted: boolean = await writer.deleteState(state);
  const result = await writer.saveState(state);
  if (result.status === "cancelled") void result.by;
  const summaries = await listAgents(state);
  void summaries[0]?.metadata.name;
  // @ts-expect-error a list has no states
  void summaries[0]?.state;
  const record = await readAgentState(state, "w");
  // @ts-expect-error nobody vouches for the state's type
  void record?.state.notes;

  // A store of any schema will do.
  const schema = { version: 1, scopes: { global: { n: z.number() } } } as const;
  await writer.saveState(await StateManager.open({ schema }));

  // @ts-expect-error not a store
  await writer.saveState({});
  // @ts-expect-error the schema is of another state
  persistent(new Writer("w"), { state: z.object({ count: z.number() }) });
  // @ts-expect-error no such field
  persistent(new Writer("w"), { versoin: 2 });
  // @ts-expect-error no agent without metadata
  persistent({ id: "x", agentType: "y", state: 1, creationTime: new Date() });
  // @ts-expect-error a plain agent cannot save itself
  await new Writer("w").saveState(state);
  void [found, deleted];
}
