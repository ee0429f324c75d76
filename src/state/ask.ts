import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import type { PointSubject } from "../hooks/hook.ts";
import type { HookPoint } from "../hooks/point.ts";
import type { HookFailure } from "../hooks/port.ts";
import { finishRuns } from "../hooks/record.ts";
import { runAfter, runBefore } from "../hooks/run.ts";
import { type Bound, correlationOf } from "./correlation.ts";
import type { Engine } from "./engine.ts";
import { record } from "./facts.ts";

/** What the hooks at a point of the program's own came to. */
export type HookOutcome =
  | { readonly status: "proceed"; readonly failures: readonly HookFailure[] }
  | { readonly status: "cancelled"; readonly by: string; readonly reason: string };

/** The engine asks about changes by itself; nobody else can. */
const OWN_POINTS: ReadonlySet<string> = new Set([
  "before_state_change",
  "after_state_change",
  "state_conflict",
]);

/**
 * Asks the hooks at `point` what they say to `facts`. Runs of replayable hooks are put into the journal. At points that
 * begin with `before_` a hook can cancel; at others all are told, and failures are in the outcome.
 */
export async function askHooks(
  engine: Engine,
  point: HookPoint,
  facts: Readonly<Record<string, unknown>>,
  bound: Bound,
): Promise<HookOutcome> {
  if (OWN_POINTS.has(checkName(point, "hook point"))) {
    throw new StateError(
      "invalid",
      `hooks at ${point} are asked by the store itself, when something is written`,
    );
  }
  if (typeof facts !== "object" || facts === null)
    throw new TypeError("the facts for hooks must be an object");
  const correlation = correlationOf(bound, undefined, engine.correlationId);
  const subject: PointSubject = { operation: point, facts };
  const hooks = engine.hooks.at(point);
  if (point.startsWith("before_")) {
    const decision = await runBefore(hooks, subject, { correlation }, engine.hookEnv);
    const isCancelled = decision.kind === "cancel";
    const runs = finishRuns(decision.runs, { kind: "refused", recordValue: !isCancelled }, engine.hookEnv);
    if (runs.length > 0) record(engine, { runs }, correlation);
    return isCancelled
      ? { status: "cancelled", by: decision.by, reason: decision.reason }
      : { status: "proceed", failures: [] };
  }
  const { failures, runs: drafts } = await runAfter(hooks, subject, { correlation }, engine.hookEnv);
  const runs = finishRuns(drafts, { kind: "refused", recordValue: true }, engine.hookEnv);
  if (runs.length > 0) record(engine, { runs }, correlation);
  return { status: "proceed", failures };
}
