import { agent, formatScope } from "keepstate";
import { agentState, agentStub } from "keepstate/edge";
import { answer, failure } from "./answer.ts";
import type { Env } from "./env.ts";
import { readMessage } from "./message.ts";

type Handler = (request: Request, env: Env, id: string, url: URL) => Promise<Response>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "": { GET: showState },
  messages: { POST: say },
  timeline: { GET: showTimeline },
  watch: { GET: watch },
};

/** Exchanges that a timeline without a correlation id goes back. */
const RECENT = 30;
const MOST_RECENT = 200;

/** `/agents/:id`, and what is below it. */
export async function route(request: Request, env: Env): Promise<Response> {
  const url = new URL(request.url);
  const [root, encoded, what = "", ...rest] = url.pathname.split("/").slice(1);
  const methods = root === "agents" && encoded !== undefined && rest.length === 0 ? ROUTES[what] : undefined;
  if (methods === undefined || encoded === undefined || !Object.hasOwn(ROUTES, what))
    return failure(404, "not_found", `there is no ${url.pathname}`);
  const handler = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
  if (handler === undefined) {
    const allow = Object.keys(methods).join(", ");
    return failure(405, "method_not_allowed", `${url.pathname} takes ${allow}`, { allow });
  }
  // Browsers let any page send this; only our own may.
  if ((request.headers.get("origin") ?? url.origin) !== url.origin)
    return failure(403, "forbidden", "pages of another origin have no business here");
  const id = decoded(encoded);
  if (id === undefined || !ID.test(id))
    return failure(400, "invalid", "an agent's id is 1 to 64 letters, digits, spaces or . _ -");
  return handler(request, env, id, url);
}

const ID = /^[\p{L}\p{N}._-](?:[\p{L}\p{N} ._-]{0,62}[\p{L}\p{N}._-])?$/u;

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // malformed percent-encoding is the asker's mistake, and told as one
  }
}

async function say(request: Request, env: Env, id: string): Promise<Response> {
  const message = await readMessage(request);
  if ("problem" in message) return failure(message.status, "invalid", message.problem);
  return answer(await agentStub(env.AGENTS, id).say(id, message.text, crypto.randomUUID()));
}

async function showState(_: Request, env: Env, id: string, url: URL): Promise<Response> {
  const after = url.searchParams.get("after");
  const page = await agentState(env.AGENTS, id).list({ limit: 1000, ...(after ? { after } : {}) });
  return answer({ agent: id, ...page });
}

async function showTimeline(_: Request, env: Env, id: string, url: URL): Promise<Response> {
  const stub = agentStub(env.AGENTS, id);
  const correlationId = url.searchParams.get("correlationId");
  if (correlationId !== null) {
    if (correlationId === "") return failure(400, "invalid", "correlationId is empty");
    return answer({ agent: id, events: await stub.timelineOf([correlationId]) });
  }
  const limit = Number(url.searchParams.get("limit") ?? RECENT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_RECENT)
    return failure(400, "invalid", `limit is a whole number from 1 to ${MOST_RECENT}`);
  return answer({ agent: id, events: await stub.recent(id, limit) });
}

async function watch(request: Request, env: Env, id: string, url: URL): Promise<Response> {
  const to = new URL("https://agent/watch");
  to.searchParams.set("scope", formatScope(agent(id)));
  const since = url.searchParams.get("since");
  if (since !== null) to.searchParams.set("since", since);
  return agentStub(env.AGENTS, id).fetch(to.href, { headers: request.headers });
}
