import type { AgentObject } from "./agent-object.ts";

/** The bindings of wrangler.jsonc. */
export interface Env {
  readonly AGENTS: DurableObjectNamespace<AgentObject>;
}
