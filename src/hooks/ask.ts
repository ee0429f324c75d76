import { StateError } from "../ground/error.ts";
import { type Attempt, attemptOnce, isThenable, type Question } from "./attempt.ts";
import { breaker, type Pass } from "./breaker.ts";
import { answerCache } from "./cache.ts";
import type { RunDraft } from "./draft.ts";
import type { HookSubject } from "./hook.ts";
import type { HookCall, HookEnv } from "./port.ts";
import type { RegisteredHook } from "./registry.ts";
import { type HookResult, skip } from "./result.ts";
import { aborted, sleep, systemTimer } from "./timer.ts";

/** What a hook came to in the end: never `retry` or `cache`. `unavailable`: its breaker is open. */
export type Outcome =
  | Attempt
  | { readonly kind: "unavailable"; readonly error: StateError; readonly draft: RunDraft };

/**
 * Asks one hook about `subject`. Runs of a replayable hook are added to `drafts`, all but the last before this returns;
 * whether the last is recorded is up to the caller, who knows what it led to.
 */
export function ask(
  hook: RegisteredHook,
  subject: HookSubject,
  call: HookCall,
  env: HookEnv,
  drafts: RunDraft[],
): Outcome | Promise<Outcome> {
  const question: Question = { hook, subject, call, env };
  if (call.signal?.aborted === true) return ended(question, "aborted", aborted(call.signal));
  if (call.replay === true) return settle(question, "call", drafts);

  const remembered = hook.answers?.find(subject, () => env.values.encode(subject.value), env.clock.elapsed());
  if (remembered !== undefined) {
    const draft = emptyDraft(question, { result: remembered, isCached: true });
    return { kind: "result", result: remembered, draft };
  }
  const pass = hook.guard?.enter(env.clock.elapsed()) ?? "call";
  if (pass === "open") return ended(question, "unavailable", unavailable(hook));
  return settle(question, pass, drafts);
}

function settle(question: Question, pass: Pass, drafts: RunDraft[]): Outcome | Promise<Outcome> {
  const first = attemptOnce(question, 1);
  if (isThenable(first)) return first.then((attempt) => afterFirst(question, pass, attempt, drafts));
  return afterFirst(question, pass, first, drafts);
}

function afterFirst(
  question: Question,
  pass: Pass,
  attempt: Attempt,
  drafts: RunDraft[],
): Outcome | Promise<Outcome> {
  return attempt.kind === "result" && attempt.result.kind === "retry"
    ? again(question, pass, attempt.draft, attempt.result, drafts)
    : concluded(question, pass, attempt);
}

async function again(
  question: Question,
  pass: Pass,
  first: RunDraft,
  { delayMs, attempts }: { readonly delayMs: number; readonly attempts: number },
  drafts: RunDraft[],
): Promise<Outcome> {
  const { hook, call, env } = question;
  let draft = first;
  let delay = delayMs;
  for (let repeats = 1; repeats <= attempts; repeats++) {
    if (hook.replayable) drafts.push(draft);
    try {
      await sleep(delay, env.timer ?? systemTimer, call.signal);
    } catch (error) {
      leave(question, pass, "abandoned");
      return ended(question, "aborted", error instanceof StateError ? error : aborted(call.signal));
    }
    const next = await attemptOnce(question, repeats + 1);
    if (next.kind !== "result" || next.result.kind !== "retry") return concluded(question, pass, next);
    draft = next.draft;
    delay = next.result.delayMs;
  }
  const error = new StateError(
    "hook_failed",
    `hook "${hook.id}" at ${hook.point} asked to be retried more than the ${attempts} times it named`,
    { hook: hook.id },
  );
  leave(question, pass, "failure");
  return { kind: "failed", error, draft: { ...draft, error } };
}

function concluded(question: Question, pass: Pass, attempt: Attempt): Attempt {
  if (attempt.kind !== "result") {
    leave(question, pass, attempt.kind === "failed" ? "failure" : "abandoned");
    return attempt;
  }
  leave(question, pass, "success");
  return attempt.result.kind === "cache" ? { ...attempt, result: keep(question, attempt.result) } : attempt;
}

function keep(
  { hook, subject, call, env }: Question,
  { ttlMs, result }: HookResult & { kind: "cache" },
): HookResult {
  if (call.replay !== true) {
    hook.answers ??= answerCache();
    hook.answers.keep(subject, env.values.encode(subject.value), result, env.clock.elapsed() + ttlMs);
  }
  return result;
}

function leave(
  { hook, call, env }: Question,
  pass: Pass,
  outcome: "success" | "failure" | "abandoned",
): void {
  if (hook.breaker === undefined || call.replay === true) return;
  if (outcome !== "failure" && pass === "call") return;
  hook.guard ??= breaker(hook.breaker);
  const hasOpened = hook.guard.leave(pass, outcome, env.clock.elapsed());
  if (hasOpened) env.onBreakerOpened?.({ hook: hook.id, point: hook.point });
}

function ended(question: Question, kind: "unavailable" | "aborted", error: StateError): Outcome {
  const isSkipped = kind === "unavailable" && question.hook.onError === "continue";
  const result = isSkipped ? { result: skip("its breaker is open") } : {};
  return { kind, error, draft: emptyDraft(question, { ...result, error }) };
}

function emptyDraft({ hook, subject, call, env }: Question, known: Partial<RunDraft>): RunDraft {
  const { correlationId } = call.correlation;
  const startedAt = env.clock.now();
  return { hook, subject, correlationId, startedAt, durationMs: 0, attempt: 1, isCached: false, ...known };
}

function unavailable(hook: RegisteredHook): StateError {
  const message = `hook "${hook.id}" at ${hook.point} failed so often that it is not called for now`;
  return new StateError("hook_unavailable", message, { hook: hook.id });
}
