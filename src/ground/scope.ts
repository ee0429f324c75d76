import { StateError } from "./error.ts";
import { checkName } from "./name.ts";

/** Whose state it is. Two scopes are the same when their text forms are. */
export type StateScope =
  | { readonly kind: "global" }
  | ScopeOf<"user">
  | ScopeOf<"session">
  | ScopeOf<"agent">
  | ScopeOf<"tool">
  | ScopeOf<"workflow">
  | ScopeOf<"custom">
  | ScopeOf<"hook">
  | { readonly kind: "step"; readonly workflow: string; readonly step: string }
  | SystemScope;

/** A scope of one kind, named by an id. */
export interface ScopeOf<K extends string> {
  readonly kind: K;
  readonly id: string;
}

declare const systemBrand: unique symbol;

/** A scope of the store's own, such as that of agents' records. Hooks and events tell of it; only keepstate makes it. */
export interface SystemScope {
  readonly kind: "system";
  readonly name: string;
  readonly [systemBrand]: true;
}

/** The text form of a scope, such as `agent:researcher`. Injective, and `parseScope` is its inverse. */
export type ScopeText = string;

const GLOBAL: { readonly kind: "global" } = Object.freeze({ kind: "global" });
type IdKind = Exclude<StateScope["kind"], "global" | "step" | "system">;

function idScope<K extends IdKind>(kind: K, id: string): ScopeOf<K> {
  return Object.freeze({ kind, id: checkName(id, `${kind} id`) });
}

/** Shared by everyone who holds the store. */
export function globalScope(): { readonly kind: "global" } {
  return GLOBAL;
}
/** State of one user. `id`: 1 to 256 bytes of UTF-8, any well-formed string; errors with `invalid`. So do the others. */
export function user(id: string): ScopeOf<"user"> {
  return idScope("user", id);
}
export function session(id: string): ScopeOf<"session"> {
  return idScope("session", id);
}
export function agent(id: string): ScopeOf<"agent"> {
  return idScope("agent", id);
}
export function tool(id: string): ScopeOf<"tool"> {
  return idScope("tool", id);
}
export function workflow(id: string): ScopeOf<"workflow"> {
  return idScope("workflow", id);
}
/** One step of a workflow. */
export function step(workflowId: string, stepId: string): Extract<StateScope, { kind: "step" }> {
  return Object.freeze({
    kind: "step",
    workflow: checkName(workflowId, "workflow id"),
    step: checkName(stepId, "step id"),
  });
}
/** A namespace of the program's own. Never the same as another kind's: `custom("session:1")` is not `session("1")`. */
export function custom(name: string): ScopeOf<"custom"> {
  return idScope("custom", name);
}
/** State that belongs to a hook. */
export function hookScope(id: string): ScopeOf<"hook"> {
  return idScope("hook", id);
}

const ID_KINDS: ReadonlySet<string> = new Set<IdKind>([
  "user",
  "session",
  "agent",
  "tool",
  "workflow",
  "custom",
  "hook",
]);

const escapePart = (part: string): string => part.replace(/[%:]/g, (c) => (c === "%" ? "%25" : "%3A"));
const unescapePart = (part: string): string =>
  part.replace(/%(25|3A)/g, (_, code: string) => (code === "25" ? "%" : ":"));

/** The text form; checks a scope that was built by hand. Throws `invalid`, also for the store's own scopes. */
export function formatScope(scope: StateScope): ScopeText {
  if (typeof scope !== "object" || scope === null) {
    throw new TypeError(`a scope is made by agent(id), globalScope() and the like, not ${typeof scope}`);
  }
  switch (scope.kind) {
    case "global":
      return "global";
    case "system":
      throw new StateError("invalid", "the system namespace is the store's own; it can be watched, not used");
    case "step":
      return `step:${escapePart(checkName(scope.workflow, "workflow id"))}:${escapePart(checkName(scope.step, "step id"))}`;
    default:
      if (!ID_KINDS.has(scope.kind))
        throw new StateError("invalid", `unknown scope kind ${String(scope.kind)}`);
      return `${scope.kind}:${escapePart(checkName(scope.id, `${scope.kind} id`))}`;
  }
}

/** The scope that a text form names. Throws `invalid` for any text that `formatScope` does not make. */
export function parseScope(text: string): StateScope {
  if (typeof text !== "string")
    throw new TypeError(`the text form of a scope is a string, not ${typeof text}`);
  const [kind = "", first, second, ...rest] = text.split(":");
  const scope = scopeOf(kind, first, second);
  if (scope === undefined || rest.length > 0 || formatScope(scope) !== text) {
    throw new StateError("invalid", `"${text}" is not the text form of a scope`, { scope: text });
  }
  return scope;
}

function scopeOf(
  kind: string,
  first: string | undefined,
  second: string | undefined,
): StateScope | undefined {
  if (kind === "global") return first === undefined ? GLOBAL : undefined;
  if (first === undefined) return undefined;
  if (kind === "step")
    return second === undefined ? undefined : step(unescapePart(first), unescapePart(second));
  if (second !== undefined || !ID_KINDS.has(kind)) return undefined;
  return idScope(kind as IdKind, unescapePart(first)); // the set lists exactly the members of IdKind
}

/** The scope in the reserved system namespace that `systemScopeText(name)` is the text form of. */
export function systemScope(name: string): SystemScope {
  return Object.freeze({ kind: "system", name }) as SystemScope; // the brand is only in the type: nobody else may make one
}

/** The scope of a text form from the journal: a user's or the store's own. */
export function scopeNamed(text: ScopeText): StateScope {
  return isSystemScopeText(text) ? systemScope(text.slice(1)) : parseScope(text);
}

/**
 * The text form of a scope in the reserved system namespace, where agents' records, sessions and indexes live.
 * `parseScope` refuses it, so no user's scope or key can reach it.
 */
export function systemScopeText(name: string): ScopeText {
  return `!${name}`;
}

export function isSystemScopeText(text: ScopeText): boolean {
  return text.charCodeAt(0) === 33;
}
