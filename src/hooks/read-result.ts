import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import { formatScope, type StateScope } from "../ground/scope.ts";
import { MAX_DELAY_MS } from "./options.ts";
import { type HookPoint, isGuardPoint } from "./point.ts";
import { type ForkedChange, type HookResult, type HookResultKind, PROCEED } from "./result.ts";

const ALL: ReadonlySet<HookResultKind> = new Set<HookResultKind>([
  "proceed",
  "modify",
  "replace",
  "cancel",
  "redirect",
  "retry",
  "skip",
  "fork",
  "cache",
]);
const GUARD: ReadonlySet<HookResultKind> = new Set<HookResultKind>(["proceed", "cancel", "retry", "skip"]);
const OBSERVE: ReadonlySet<HookResultKind> = new Set<HookResultKind>(["proceed", "retry", "skip"]);
const RESOLVE: ReadonlySet<HookResultKind> = new Set<HookResultKind>([
  "proceed",
  "modify",
  "replace",
  "cancel",
]);

/** The results that make sense at a point. Of custom names, those that begin with `before_` can cancel. */
function acceptedKinds(point: HookPoint): ReadonlySet<HookResultKind> {
  if (point === "before_state_change") return ALL;
  if (point === "state_conflict") return RESOLVE;
  return isGuardPoint(point) ? GUARD : OBSERVE;
}

const MAX_ATTEMPTS = 100;

/**
 * What a hook returned, checked whoever made it. Throws `hook_failed` for anything that is not a result, or not one that
 * makes sense at its point. The message tells the shape of what came, never its content.
 */
export function readResult(
  answer: unknown,
  hook: { readonly id: string; readonly point: HookPoint },
): HookResult {
  if (answer === undefined) return PROCEED;
  if (!isResultLike(answer)) {
    throw unfit(hook, `returned ${shapeOf(answer)}; return a result such as proceed(), or nothing`);
  }
  const { kind } = answer;
  const accepted = acceptedKinds(hook.point);
  if (!accepted.has(kind)) {
    throw unfit(hook, `returned ${kind}, but this point takes only ${[...accepted].join(", ")}`);
  }
  const flaw = flawOf(answer);
  if (flaw !== undefined) throw unfit(hook, `returned ${kind} with ${flaw}`);
  if (answer.kind === "cache") return { ...answer, result: readResult(answer.result, hook) };
  return answer;
}

/** Only `kind` is known to be right; `flawOf` looks at the rest. */
function isResultLike(answer: unknown): answer is HookResult {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "kind" in answer &&
    typeof answer.kind === "string" &&
    (ALL as ReadonlySet<string>).has(answer.kind)
  );
}

function flawOf(result: HookResult): string | undefined {
  switch (result.kind) {
    case "modify":
    case "replace":
      return "value" in result ? undefined : "no value";
    case "cancel":
    case "skip":
      return typeof result.reason === "string" ? undefined : "a reason that is not text";
    case "redirect":
      return flawOfPlace(result.scope, result.key);
    case "retry":
      if (!isBetween(result.delayMs, 0, MAX_DELAY_MS)) return `a delay that is not 0 to ${MAX_DELAY_MS} ms`;
      return Number.isInteger(result.attempts) && isBetween(result.attempts, 1, MAX_ATTEMPTS)
        ? undefined
        : `attempts that are not a whole number from 1 to ${MAX_ATTEMPTS}`;
    case "fork":
      return flawOfChanges(result.changes);
    case "cache":
      if (!isBetween(result.ttlMs, 0, Number.MAX_SAFE_INTEGER)) return "a ttl that is not in milliseconds";
      return result.result?.kind === "cache" || result.result?.kind === "retry"
        ? `${result.result.kind} inside, which cannot be remembered`
        : undefined;
    case "proceed":
      return undefined;
  }
}

function flawOfChanges(changes: unknown): string | undefined {
  if (!Array.isArray(changes)) return "changes that are not a list";
  for (const change of changes as readonly Partial<ForkedChange>[]) {
    if (typeof change !== "object" || change === null || !("value" in change))
      return "a change without a value";
    const flaw = flawOfPlace(change.scope, change.key, true);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

function flawOfPlace(
  scope: StateScope | undefined,
  key: string | undefined,
  scopeMayLack = false,
): string | undefined {
  if (typeof key !== "string") return "a key that is not text";
  if (scope === undefined ? !scopeMayLack : typeof scope !== "object" || scope === null) return "no scope";
  try {
    checkName(key, "key");
    if (scope !== undefined) formatScope(scope);
    return undefined;
  } catch (error) {
    return `a place that cannot be: ${error instanceof Error ? error.message : "unknown"}`;
  }
}

function isBetween(value: number, from: number, to: number): boolean {
  return typeof value === "number" && value >= from && value <= to;
}

function shapeOf(answer: unknown): string {
  if (answer === null) return "null";
  if (typeof answer !== "object") return `a ${typeof answer}`;
  if (!("kind" in answer)) return "an object without a kind";
  return typeof answer.kind === "string"
    ? "an object of an unknown kind"
    : "an object whose kind is not text";
}

function unfit(hook: { readonly id: string; readonly point: string }, what: string): StateError {
  return new StateError("hook_failed", `hook "${hook.id}" at ${hook.point} ${what}`, { hook: hook.id });
}
