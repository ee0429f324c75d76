import type { StateScope } from "../ground/scope.ts";

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

export const PROCEED: HookResult = Object.freeze({ kind: "proceed" });

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
