/** Agents that remember, each in a Durable Object of its own. Everything that is no route is a file of the page. */
import { isStateError } from "keepstate";
import { failure } from "./answer.ts";
import type { Env } from "./env.ts";
import { route } from "./routes.ts";

export { AgentObject } from "./agent-object.ts";

export default {
  async fetch(request, env): Promise<Response> {
    try {
      return await route(request, env);
    } catch (error) {
      if (isStateError(error, "invalid")) return failure(400, error.code, error.message);
      if (isStateError(error)) return failure(503, error.code, error.message);
      console.error("a request failed", error);
      return failure(500, "internal", "the request failed; the Worker's log says why");
    }
  },
} satisfies ExportedHandler<Env>;
