import { StateError } from "../ground/error.ts";
import type { Agent, AgentMetadata, PersistentAgentState } from "./agent.ts";

/** The name of the records' scope in the system namespace. Stored: never change it. */
export const AGENTS = "agents";

/** The record of an agent as it is now. Throws a TypeError where the agent is not one. */
export function recordOf(agent: Agent, schemaVersion: number, now: number): PersistentAgentState {
  const { id, agentType, state, metadata, creationTime, hookRegistrations = [] } = agent;
  const { lastHookExecution, correlationContext } = agent;
  return readRecord(
    {
      agentId: id,
      agentType,
      state,
      metadata,
      creationTime,
      lastModified: new Date(now),
      schemaVersion,
      hookRegistrations,
      ...(lastHookExecution === undefined ? {} : { lastHookExecution }),
      ...(correlationContext === undefined ? {} : { correlationContext }),
    },
    id,
  );
}

/**
 * What was stored for `id`, once every field is known to be what it should be; the state is up to the agent's schema.
 * Throws a TypeError that names the field.
 */
export function readRecord(value: unknown, id: string): PersistentAgentState {
  const record = fieldsOf(value, "the record");
  if (record["agentId"] !== id) throw unfit("agentId", `"${id}"`);
  if (!("state" in record)) throw unfit("state", "there");
  return {
    agentId: id,
    agentType: textOf(record["agentType"], "agentType"),
    state: record["state"],
    metadata: metadataOf(record["metadata"]),
    creationTime: dateOf(record["creationTime"], "creationTime"),
    lastModified: dateOf(record["lastModified"], "lastModified"),
    schemaVersion: versionOf(record["schemaVersion"]),
    hookRegistrations: textsOf(record["hookRegistrations"], "hookRegistrations"),
    ...optional("lastHookExecution", record["lastHookExecution"], dateOf),
    ...optional("correlationContext", record["correlationContext"], textOf),
  };
}

/** What stands in an agent's way: the error that every failed load is. */
export function loadFailed(id: string, cause: unknown): StateError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StateError("agent_load_failed", `Failed to load agent state: ${why}`, { key: id, cause });
}

function metadataOf(value: unknown): AgentMetadata {
  const { name, version, capabilities, tags, description, providerConfig } = fieldsOf(value, "metadata");
  return {
    name: textOf(name, "metadata.name"),
    version: textOf(version, "metadata.version"),
    capabilities: textsOf(capabilities, "metadata.capabilities"),
    tags: textsOf(tags, "metadata.tags"),
    ...optional("description", description, textOf),
    ...optional("providerConfig", providerConfig, fieldsOf),
  };
}

function optional<K extends string, T>(
  name: K,
  value: unknown,
  read: (value: unknown, name: string) => T,
): { [P in K]?: T } {
  // A computed name widens to string; it is K.
  return value === undefined ? {} : ({ [name]: read(value, name) } as { [P in K]: T });
}

function fieldsOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unfit(name, "an object");
  return value as Readonly<Record<string, unknown>>; // any object has fields of unknown values
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== "string") throw unfit(name, "a string");
  return value;
}

function textsOf(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === "string"))
    throw unfit(name, "a list of strings");
  return value;
}

function dateOf(value: unknown, name: string): Date {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw unfit(name, "a valid Date");
  return value;
}

function versionOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1)
    throw unfit("schemaVersion", "a whole number from 1 on");
  return value;
}

function unfit(name: string, what: string): TypeError {
  return new TypeError(`${name} of an agent must be ${what}`);
}
