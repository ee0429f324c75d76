import { StateError } from "../ground/error.ts";
import { RunContext } from "./context.ts";
import type { RunDraft } from "./draft.ts";
import type { HookSubject } from "./hook.ts";
import type { HookCall, HookEnv } from "./port.ts";
import { readResult } from "./read-result.ts";
import type { RegisteredHook } from "./registry.ts";
import type { HookResult } from "./result.ts";
import { aborted, systemTimer } from "./timer.ts";

/** What one call of a hook's function came to. `aborted`: the operation ended meanwhile, which is no failure of the hook. */
export type Attempt =
  | { readonly kind: "result"; readonly result: HookResult; readonly draft: RunDraft }
  | { readonly kind: "failed" | "aborted"; readonly error: StateError; readonly draft: RunDraft };

/** A question put to a hook. Each attempt sees `subject` in a form that it may hold. */
export interface Question {
  readonly hook: RegisteredHook;
  readonly subject: HookSubject;
  readonly call: HookCall;
  readonly env: HookEnv;
}

/** Calls the hook once. Returns a promise only if the hook did; it never rejects. */
export function attemptOnce(question: Question, attempt: number): Attempt | Promise<Attempt> {
  const { hook, subject, call, env } = question;
  const shown = show(subject, env);
  const startedAt = env.clock.now();
  const from = env.clock.elapsed();
  const context = new RunContext(hook, shown, attempt, call);
  let custom: unknown;

  function end(outcome: { result: HookResult } | { error: StateError }, kept: boolean): RunDraft {
    RunContext.end(context, kept);
    const durationMs = env.clock.elapsed() - from;
    const { correlationId } = call.correlation;
    return {
      hook,
      subject,
      correlationId,
      startedAt,
      durationMs,
      attempt,
      custom,
      isCached: false,
      ...outcome,
    };
  }
  function failed(cause: unknown): Attempt {
    const isAborted = call.signal?.aborted === true;
    const error = isAborted ? aborted(call.signal) : asHookError(hook, cause);
    return { kind: isAborted ? "aborted" : "failed", error, draft: end({ error }, false) };
  }
  function answered(answer: unknown): Attempt {
    let result: HookResult;
    try {
      result = admitted(readResult(answer, hook), env);
    } catch (error) {
      return failed(error);
    }
    return { kind: "result", result, draft: end({ result }, result.kind !== "retry") };
  }

  let answer: unknown;
  try {
    if (hook.replayable && hook.serializeContext !== undefined) {
      custom = env.values.admit(hook.serializeContext(shown));
    }
    answer = hook.call(shown, context);
    if (!isThenable(answer)) return answered(answer);
  } catch (error) {
    return failed(error);
  }
  return inTime(answer, question, context).then(answered, failed);
}

/** Values in drafts keep their identity; what the hook gets may be a copy. */
function show(subject: HookSubject, env: HookEnv): HookSubject {
  const value = env.values.present(subject.value);
  const oldValue = env.values.present(subject.oldValue);
  if (Object.is(value, subject.value) && Object.is(oldValue, subject.oldValue)) return subject;
  return Object.freeze({ ...subject, value, oldValue });
}

/** What came too late is ignored, also when it is a failure: the hook has failed already. */
function inTime(
  answer: PromiseLike<unknown>,
  { hook, call, env }: Question,
  context: RunContext,
): Promise<unknown> {
  const { signal } = call;
  return new Promise((resolve, reject) => {
    const stop = (error: StateError) => {
      finish();
      RunContext.abort(context, error);
      reject(error);
    };
    const onAbort = () => stop(aborted(signal));
    const cancelTimer = (env.timer ?? systemTimer)(hook.timeoutMs, () => stop(timedOut(hook)));
    const finish = () => {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    Promise.resolve(answer).then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(error);
      },
    );
  });
}

/** The result with its values as the store would give them back. */
function admitted(result: HookResult, env: HookEnv): HookResult {
  switch (result.kind) {
    case "modify":
    case "replace":
      return { kind: result.kind, value: env.values.admit(result.value) };
    case "fork":
      return {
        kind: "fork",
        changes: result.changes.map((change) => ({ ...change, value: env.values.admit(change.value) })),
      };
    case "cache":
      return { ...result, result: admitted(result.result, env) };
    default:
      return result;
  }
}

/** A hook may throw an error that looks like ours, from a store of its own: it is still the hook that failed. */
function asHookError(hook: RegisteredHook, cause: unknown): StateError {
  if (cause instanceof StateError && cause.facts.hook === hook.id && OWN.has(cause.code)) return cause;
  const message = cause instanceof Error ? cause.message : `threw ${typeof cause}`;
  return new StateError("hook_failed", `hook "${hook.id}" failed at ${hook.point}: ${message}`, {
    hook: hook.id,
    cause,
  });
}

const OWN: ReadonlySet<string> = new Set(["hook_failed", "hook_timeout"]);

function timedOut(hook: RegisteredHook): StateError {
  const message = `hook "${hook.id}" did not answer at ${hook.point} within ${hook.timeoutMs} ms`;
  return new StateError("hook_timeout", message, { hook: hook.id });
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
