import { StateError } from "../index.ts";
import { type Codec, checkFields } from "../internal.ts";
import { type RemoteFailure, statusOf } from "./outcome.ts";
import type { RemoteWriteOptions, StateRequest } from "./request.ts";
import { fromWire, toWire } from "./wire.ts";

/**
 * The requests as HTTP. `:scope` and `:key` are percent-encoded, so that a scope is `agent%3Aresearcher`.
 *
 *   GET    /scopes
 *   GET    /scopes/:scope?prefix=&limit=&after=
 *   GET    /scopes/:scope/:key
 *   PUT    /scopes/:scope/:key            { value, meta?, options? }
 *   DELETE /scopes/:scope/:key            options as query: correlationId, actor, expectedRevision
 *   POST   /scopes/:scope/:key/update     { operation, meta?, options? }
 *   POST   /batch                         { changes, meta?, options? }
 *   GET    /timeline/:correlationId
 *   GET    /watch?scope=&key=&since=      an upgrade to WebSocket
 *
 * Undefined for any other. Values are JSON. What JSON cannot say is told by `meta`, as superjson makes it of the member it
 * belongs to; or `encoded` stands in the member's place, as `toWire` makes it.
 */
export async function readRequest(
  request: Request,
  codec: Codec,
  mostBytes: number,
): Promise<StateRequest | undefined> {
  const url = new URL(request.url);
  const path = url.pathname.split("/").slice(1).map(decode);
  const [head, scope = "", key = "", verb] = path;
  const isEntry = head === "scopes" && path.length === 3;
  if (request.method === "GET") {
    if (head === "scopes" && path.length === 1) return { kind: "scopes" };
    if (head === "scopes" && path.length === 2) return { kind: "list", scope, options: listOptions(url) };
    if (isEntry) return { kind: "get", scope, key };
    if (head === "timeline" && path.length === 2) return { kind: "timeline", correlationId: scope };
  }
  if (request.method === "PUT" && isEntry) {
    const { value, options } = await readBody(request, codec, mostBytes, "value");
    return { kind: "set", scope, key, value, ...withOptions(options) };
  }
  if (request.method === "DELETE" && isEntry)
    return { kind: "delete", scope, key, ...withOptions(Object.fromEntries(url.searchParams)) };
  if (request.method === "POST") {
    if (head === "scopes" && path.length === 4 && verb === "update") {
      const { value: operation, options } = await readBody(request, codec, mostBytes, "operation");
      return { kind: "update", scope, key, operation: operation as never, ...withOptions(options) }; // checked when it is done
    }
    if (head === "batch" && path.length === 1) {
      const { value: changes, options } = await readBody(request, codec, mostBytes, "changes");
      return { kind: "batch", changes: changes as never, ...withOptions(options) }; // checked when it is done
    }
  }
  return undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new StateError("invalid", "the path is not well-formed percent-encoding", { cause });
  }
}

function listOptions({ searchParams }: URL) {
  const [prefix, limit, after] = ["prefix", "limit", "after"].map((name) => searchParams.get(name));
  return {
    ...(prefix ? { prefix } : {}),
    ...(limit ? { limit: Number(limit) } : {}),
    ...(after ? { after } : {}),
  };
}

function withOptions(options: unknown): { options?: RemoteWriteOptions } {
  return options === undefined ? {} : { options: options as RemoteWriteOptions }; // checked when it is done
}

async function readBody(
  request: Request,
  codec: Codec,
  mostBytes: number,
  member: string,
): Promise<{ value: unknown; options: unknown }> {
  const text = await readText(request, mostBytes);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new StateError("invalid", "the body is not JSON", { cause });
  }
  if (typeof body !== "object" || body === null || !(member in body || "encoded" in body))
    throw new StateError("invalid", `the body is an object with "${member}"`);
  checkFields("a member of the body", body, [member, "meta", "encoded", "options"]);
  const { meta, encoded, options } = body as { meta?: unknown; encoded?: unknown; options?: unknown };
  const value = Object.hasOwn(body, member) ? Reflect.get(body, member) : undefined;
  return { value: fromWire(codec, encoded === undefined ? { value, meta } : { encoded }), options };
}

/** No more than the object is willing to hold. */
async function readText(request: Request, mostBytes: number): Promise<string> {
  const tooLarge = () => new StateError("invalid", `the body is larger than ${mostBytes} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > mostBytes) throw tooLarge();
  const decoder = new TextDecoder();
  let text = "";
  let length = 0;
  const reader = request.body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    length += read.value.length;
    if (length > mostBytes) {
      await reader?.cancel();
      throw tooLarge();
    }
    text += decoder.decode(read.value, { stream: true });
  }
  return text + decoder.decode();
}

/** A veto and a conflict are 409, with the result as the body. */
export function responseTo(codec: Codec, value: unknown): Response {
  if (value === undefined) return notFound("there is no such entry");
  return Response.json(toWire(codec, value), { status: isRefusal(value) ? 409 : 200, headers: HEADERS });
}

const HEADERS = { "cache-control": "no-store" };

export function notFound(message: string): Response {
  return errorResponse({ code: "not_found", message, retryable: false, facts: {} });
}

export function errorResponse(error: RemoteFailure): Response {
  return Response.json({ error }, { status: statusOf(error), headers: HEADERS });
}

function isRefusal(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("status" in value)) return false;
  return value.status === "cancelled" || value.status === "conflict";
}
