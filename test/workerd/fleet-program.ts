/**
 * A Worker as a user writes one: one object for each agent, chosen by `agentState`. To be bundled and run by plain workerd.
 *
 *   PUT /agents/:id/:n     sets `k<n>` unless it is there
 *   GET /agents/:id        what the agent's entries say, and what its journal does
 */
import { agentState, agentStub, StateObject } from "../../src/edge.ts";
import type { AgentReport } from "./process/fleet-report.ts";

interface Env {
  readonly FLEET: DurableObjectNamespace<Fleet>;
}

export class Fleet extends StateObject<Env> {
  protected override options() {
    return { persistence: { checkpointEvery: 30 } };
  }

  async report(id: string): Promise<AgentReport> {
    const state = await this.store();
    const memory = await state.agent(id);
    const entries = memory.entries().map(([, value]) => value as [string, number]); // as `set` below wrote it
    memory.close();
    // The journal's end is found by a change of its own.
    const end = crypto.randomUUID();
    await state.set("end", end);
    const told: [string, number][] = [];
    for await (const { data } of state.events.since()) {
      const { scope, newValue } = data as { scope: string; newValue: unknown };
      if (scope !== "global") told.push(newValue as [string, number]);
      if (newValue === end) break;
    }
    return { entries, told };
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, , id = "", n = ""] = new URL(request.url).pathname.split("/");
    if (request.method === "GET") return Response.json(await agentStub(env.FLEET, id).report(id));
    const memory = agentState(env.FLEET, id, { correlationId: "fleet" });
    const result = await memory.set(`k${n}`, [id, Number(n)], { expectedRevision: null });
    return Response.json(result.status);
  },
};
