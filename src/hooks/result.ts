import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import { formatScope, type StateScope } from "../ground/scope.ts";

/** A change that a hook adds to the commit. Without a scope it goes to the scope of the change that the hook saw. */
export interface ForkedChange {
  readonly scope?: StateScope;
  readonly key: string;
  readonly value: unknown;
}

/** What a hook decides. Returning nothing is `proceed`. `docs/hooks.md` says what each does at which point. */
export type HookResult =
  | { readonly kind: "proceed" }
  | { readonly kind: "modify"; readonly value: unknown }
  | { readonly kind: "replace"; readonly value: unknown }
  | { readonly kind: "cancel"; readonly reason: string }
  | { readonly kind: "redirect"; readonly scope: StateScope; readonly key: string }
  | { readonly kind: "retry"; readonly delayMs: number; readonly attempts: number }
  | { readonly kind: "skip"; readonly reason: string }
  | { readonly kind: "fork"; readonly changes: readonly ForkedChange[] }
  | { readonly kind: "cache"; readonly ttlMs: number; readonly result: HookResult };

export type HookResultKind = HookResult["kind"];

const PROCEED: HookResult = Object.freeze({ kind: "proceed" });

/** Nothing against it. */
export function proceed(): HookResult {
  return PROCEED;
}
/** Stores `value` instead. The next hook sees it. */
export function modify(value: unknown): HookResult {
  return { kind: "modify", value };
}
/** Stores `value` instead, and no further hook is asked. */
export function replace(value: unknown): HookResult {
  return { kind: "replace", value };
}
/** Vetoes: nothing is written, and the caller is told `reason`, which is recorded. Put no secret into it. */
export function cancel(reason: string): HookResult {
  return { kind: "cancel", reason };
}
/** Writes to another place instead, whose own hooks are asked. No further hook is asked here. */
export function redirect(scope: StateScope, key: string): HookResult {
  return { kind: "redirect", scope, key };
}
/**
 * Asks the same hook again after `delayMs`, at most `attempts` times (1 to 100); after that the hook has failed.
 * The `attempts` of its first such answer counts. Everything behind this write waits meanwhile.
 */
export function retry(delayMs: number, attempts: number): HookResult {
  return { kind: "retry", delayMs, attempts };
}
/** Abstains, and says why for the record. */
export function skip(reason: string): HookResult {
  return { kind: "skip", reason };
}
/** Proceeds, and adds `changes` to the same commit: they land with the change or not at all. */
export function fork(changes: readonly ForkedChange[]): HookResult {
  return { kind: "fork", changes };
}
/**
 * Gives `result` (default `proceed`) now and, without asking again, for `ttlMs` whenever the same operation brings the
 * same value to the same scope and key. Only for hooks whose answer depends on nothing else, such as actor or time.
 */
export function cache(ttlMs: number, result: HookResult = PROCEED): HookResult {
  return { kind: "cache", ttlMs, result };
}

/** The longest delay that timers keep; beyond it they fire at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1;
const MAX_ATTEMPTS = 100;

const KINDS: ReadonlySet<string> = new Set<HookResultKind>([
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

/**
 * What a hook returned, checked whoever made it. Throws `hook_failed` for anything that is not a result, or not one that
 * `accepted` holds. The message tells the shape of what came, never its content.
 */
export function readResult(
  answer: unknown,
  hook: { readonly id: string; readonly point: string },
  accepted: ReadonlySet<HookResultKind>,
): HookResult {
  if (answer === undefined) return PROCEED;
  if (!isResultLike(answer)) {
    throw unfit(hook, `returned ${shapeOf(answer)}; return a result such as proceed(), or nothing`);
  }
  const kind = answer.kind;
  if (!accepted.has(kind)) {
    throw unfit(hook, `returned ${kind}, but this point takes only ${[...accepted].join(", ")}`);
  }
  const flaw = flawOf(answer);
  if (flaw !== undefined) throw unfit(hook, `returned ${kind} with ${flaw}`);
  if (answer.kind === "cache") return { ...answer, result: readResult(answer.result, hook, accepted) };
  return answer;
}

/** Only `kind` is known to be right; `flawOf` looks at the rest. */
function isResultLike(answer: unknown): answer is HookResult {
  return (
    typeof answer === "object" &&
    answer !== null &&
    "kind" in answer &&
    typeof answer.kind === "string" &&
    KINDS.has(answer.kind)
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
