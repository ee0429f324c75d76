import { StateError } from "../ground/error.ts";
import type { ScopeText, StateScope } from "../ground/scope.ts";
import { globMatcher, isGlob } from "../internal.ts";

const KINDS: Readonly<Record<StateScope["kind"], true>> = {
  global: true,
  user: true,
  session: true,
  agent: true,
  tool: true,
  workflow: true,
  step: true,
  hook: true,
  custom: true,
  system: true,
};

/**
 * Whether a scope is meant by `match`: its kind, or its text form, where `*` stands for any characters. Throws a TypeError
 * for what is no text, and `invalid` for a kind that no scope has, since it would never fit; `of` says whose it is.
 */
export function scopeMatcher(match: unknown, of: string): (scope: ScopeText) => boolean {
  if (!isGlob(match)) throw new TypeError(`match of ${of} must be a text, not empty`);
  const kind = kindOf(match);
  if (!kind.includes("*") && !Object.hasOwn(KINDS, kind))
    throw new StateError(
      "invalid",
      `match of ${of} is "${match}"; kinds are ${Object.keys(KINDS).join(", ")}`,
    );
  const fits = globMatcher([match]);
  return (scope) => fits(scope) || fits(kindOf(scope));
}

function kindOf(text: string): string {
  return text.split(":", 1)[0] ?? text;
}
