import type { StateChange } from "../hooks/hook.ts";
import { runBefore } from "../hooks/run.ts";
import type { Proposal } from "./changes.ts";
import { current, type Deciding, NOT_SEEN } from "./decide.ts";
import type { Request } from "./request.ts";

/** Hooks at `state_conflict` may make one value of the caller's and the stored one; otherwise the conflict stands. */
export async function resolveConflict(deciding: Deciding, request: Request): Promise<Proposal | undefined> {
  const { engine, correlation, chains } = deciding;
  const { view, key, value, ttlMs } = request;
  const hooks = engine.hooks.at("state_conflict");
  if (hooks.length === 0) return undefined;
  const stored = current(deciding, view, key);
  const subject: StateChange = {
    operation: request.operation,
    scope: view.scope,
    scopeText: view.text,
    key,
    value: value && engine.codec.decode(value).value,
    oldValue: stored.value,
    hadOldValue: stored.slot !== undefined,
  };
  const decision = await runBefore(hooks, subject, { correlation }, engine.hookEnv);
  chains.push({ drafts: decision.runs, stored: NOT_SEEN, recordValue: false });
  if (decision.kind !== "proceed" || !decision.valueChanged) return undefined;
  return { view, key, operation: "set", value: engine.codec.encode(decision.value, key), ttlMs };
}
