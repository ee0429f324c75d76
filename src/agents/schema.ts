import { StateError } from "../ground/error.ts";
import type { StandardSchema } from "../index.ts";

/** What the states of a kind of agent look like, and since when. */
export interface AgentSchema<TState = unknown> {
  /** A whole number from 1 on, stored with each record. A record of a newer version is not loaded. Default 1. */
  readonly version?: number;
  /** Checks each state that is saved or loaded; what it makes of it is what is stored or restored. */
  readonly state?: StandardSchema<TState>;
  /** The state of today from that of an older `version`. `state` checks what it returns. */
  readonly migrate?: (state: unknown, version: number) => unknown;
}

const FIELDS: ReadonlySet<string> = new Set(["version", "state", "migrate"]);

/** Throws `invalid` for unknown fields and a version that is none, a TypeError for wrong types. */
export function checkSchema(schema: AgentSchema): void {
  if (typeof schema !== "object" || schema === null) throw new TypeError("an agent's schema is an object");
  for (const field of Object.keys(schema)) {
    if (!FIELDS.has(field)) {
      throw new StateError(
        "invalid",
        `"${field}" is no field of an agent's schema; known are ${[...FIELDS].join(", ")}`,
      );
    }
  }
  const { version = 1, state, migrate } = schema;
  if (!(Number.isSafeInteger(version) && version >= 1)) {
    throw new StateError("invalid", "the version of an agent's schema must be a whole number from 1 on");
  }
  if (state !== undefined && typeof state["~standard"]?.validate !== "function") {
    throw new TypeError("the state of an agent's schema must be a Standard Schema, such as one of zod");
  }
  if (migrate !== undefined && typeof migrate !== "function")
    throw new TypeError("migrate must be a function");
}

/** The state as the schema leaves it. Throws `schema` with the first problem's path. */
export async function checkState(schema: AgentSchema, state: unknown): Promise<unknown> {
  if (schema.state === undefined) return state;
  const result = await schema.state["~standard"].validate(state);
  if (result.issues === undefined) return result.value;
  const [first] = result.issues;
  const steps = (first?.path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
  const path = ["state", ...steps].join(".");
  throw new StateError("schema", `${path}: ${first?.message ?? "refused by the schema"}`, { path });
}

/** A stored state brought to the schema's version, and checked. Throws `newer_format`, `schema`, or what `migrate` throws. */
export async function upgrade(schema: AgentSchema, state: unknown, from: number): Promise<unknown> {
  const { version = 1, migrate } = schema;
  if (from > version) {
    throw new StateError("newer_format", `its schema version is ${from}, and this agent knows ${version}`);
  }
  if (from < version && migrate === undefined && schema.state === undefined) {
    throw new StateError(
      "unsupported",
      `its schema version is ${from} and this agent's is ${version}; give the agent's schema a migrate function`,
    );
  }
  const today = from < version && migrate !== undefined ? await migrate(state, from) : state;
  return checkState(schema, today);
}
