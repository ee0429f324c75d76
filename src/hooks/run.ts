import type { StateError } from "../ground/error.ts";
import type { StateScope } from "../ground/scope.ts";
import { ask, type Outcome } from "./ask.ts";
import { isThenable } from "./attempt.ts";
import type { RunDraft } from "./draft.ts";
import type { HookSubject } from "./hook.ts";
import type { FailureEffect, HookCall, HookEnv, HookFailure } from "./port.ts";
import type { RegisteredHook } from "./registry.ts";
import type { ForkedChange } from "./result.ts";

/**
 * What the before hooks decided. `runs` are to be recorded with the commit, or with the veto; `finishRuns` turns them
 * into records once it is known what is stored. `extra` are changes that join the commit.
 */
export type Decision =
  | {
      readonly kind: "proceed";
      readonly value: unknown;
      readonly valueChanged: boolean;
      readonly extra: readonly ForkedChange[];
      readonly runs: readonly RunDraft[];
    }
  | {
      readonly kind: "cancel";
      /** The hook's id. */
      readonly by: string;
      readonly reason: string;
      /** Whether the vetoing hook asked that the value be recorded. */
      readonly recordValue: boolean;
      /** Why it counts as a veto, where a failure of the hook does. */
      readonly error?: StateError;
      readonly runs: readonly RunDraft[];
    }
  | {
      readonly kind: "redirect";
      readonly by: string;
      readonly scope: StateScope;
      readonly key: string;
      /** As the hooks before left it; the hooks at the new place see this. */
      readonly value: unknown;
      readonly valueChanged: boolean;
      readonly extra: readonly ForkedChange[];
      readonly runs: readonly RunDraft[];
    };

/**
 * Asks the hooks one after the other; each sees what the one before made of the value. Rejects with `hook_failed`,
 * `hook_timeout` or `hook_unavailable` (`facts.hook` says whose) where a hook's `onError` says so, and with `aborted`
 * when the call's signal ends it. `subject` is frozen.
 */
export async function runBefore(
  hooks: readonly RegisteredHook[],
  subject: HookSubject,
  call: HookCall,
  env: HookEnv,
): Promise<Decision> {
  const runs: RunDraft[] = [];
  const extra: ForkedChange[] = [];
  let current = Object.freeze(subject);
  let valueChanged = false;

  for (const hook of hooks) {
    if (!hook.wants(current)) continue;
    const asked = ask(hook, current, call, env, runs);
    const outcome = isThenable(asked) ? await asked : asked;
    const result = outcome.kind === "result" ? outcome.result : undefined;
    const effect = outcome.kind === "result" ? undefined : effectOf(outcome, hook);
    const isVeto = result?.kind === "cancel" || effect === "vetoed";
    if (hook.replayable || isVeto) runs.push(outcome.draft);

    if (outcome.kind !== "result") {
      if (outcome.kind !== "aborted") report(hook, outcome.error, effect, call, env);
      if (effect === "rejected") {
        call.onRejected?.(runs);
        throw outcome.error;
      }
      if (effect !== "vetoed") continue;
      const { error } = outcome;
      const { id: by, recordVetoedValue: recordValue } = hook;
      return { kind: "cancel", by, reason: error.message, recordValue, error, runs };
    }
    switch (outcome.result.kind) {
      case "cancel": {
        const { id: by, recordVetoedValue: recordValue } = hook;
        return { kind: "cancel", by, reason: outcome.result.reason, recordValue, runs };
      }
      case "redirect": {
        const { scope, key } = outcome.result;
        return { kind: "redirect", by: hook.id, scope, key, value: current.value, valueChanged, extra, runs };
      }
      case "modify":
      case "replace":
        valueChanged = true;
        current = Object.freeze({ ...current, value: outcome.result.value });
        break;
      case "fork":
        extra.push(...outcome.result.changes);
        break;
    }
    if (outcome.result.kind === "replace") break;
  }
  return { kind: "proceed", value: current.value, valueChanged, extra, runs };
}

/** What the hooks that are told afterwards came to. They cannot change what has happened. */
export interface Aftermath {
  readonly failures: readonly HookFailure[];
  readonly runs: readonly RunDraft[];
}

/** Asks all hooks one after the other, also when some fail. Never rejects. `subject` is frozen. */
export async function runAfter(
  hooks: readonly RegisteredHook[],
  subject: HookSubject,
  call: HookCall,
  env: HookEnv,
): Promise<Aftermath> {
  const runs: RunDraft[] = [];
  const failures: HookFailure[] = [];
  const seen = Object.freeze(subject);
  for (const hook of hooks) {
    if (!hook.wants(seen)) continue;
    const asked = ask(hook, seen, call, env, runs);
    const outcome = isThenable(asked) ? await asked : asked;
    if (hook.replayable) runs.push(outcome.draft);
    if (outcome.kind === "result") continue;
    const effect = outcome.kind === "unavailable" ? "skipped" : "continued";
    failures.push(report(hook, outcome.error, effect, call, env));
  }
  return { failures, runs };
}

/** An open breaker never counts as a veto: a hook that guards and is not asked makes the operation reject. */
function effectOf({ kind }: Outcome, { onError }: RegisteredHook): FailureEffect {
  if (kind === "aborted") return "rejected";
  if (onError === "continue") return kind === "unavailable" ? "skipped" : "continued";
  return onError === "cancel" && kind === "failed" ? "vetoed" : "rejected";
}

function report(
  hook: RegisteredHook,
  error: StateError,
  effect: FailureEffect | undefined,
  { correlation }: HookCall,
  env: HookEnv,
): HookFailure {
  const failure: HookFailure = { hook: hook.id, point: hook.point, error, effect: effect ?? "continued" };
  env.onFailure?.(failure, correlation);
  return failure;
}
