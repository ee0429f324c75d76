import { StateError } from "../ground/error.ts";
import type { Breaker } from "./breaker.ts";
import type { AnswerCache } from "./cache.ts";
import type { HookContext, HookFunction, HookInfo, HookSubject, Hooks } from "./hook.ts";
import { type AnyHookOptions, type HookSettings, readOptions } from "./options.ts";
import type { HookPoint } from "./point.ts";

/** A hook at its point, with what it remembers between runs. */
export interface RegisteredHook extends HookSettings {
  /** Made at the first failure, unless the hook does without one. */
  guard: Breaker | undefined;
  /** Made at the first answer that the hook asks to have remembered. */
  answers: AnswerCache | undefined;
  /** Whether its `scopes` and `keys` let it see this. */
  wants(subject: HookSubject): boolean;
  /** What the user's function returns. The registry paired the point with the function, so the subject fits. */
  call(subject: HookSubject, context: HookContext): unknown;
}

/** Hooks that a store asks. Several stores may ask the same: breakers and remembered answers are then theirs together. */
export interface HookRegistry extends Hooks {
  /**
   * For the store that asks. In the order in which they run. The list never changes; a change of the registry makes another.
   * @internal
   */
  at(point: HookPoint): readonly RegisteredHook[];
}

const NONE: readonly RegisteredHook[] = [];

/**
 * A registry of hooks for stores to share, as `hooks` of `StateManager.open`. It outlives them: `close` removes no hook.
 *
 * @example
 * const hooks = createHooks();
 * const local = await StateManager.open({ storage: filesystem({ path: "./local" }), hooks });
 * const scratch = await StateManager.open({ hooks });
 */
export function hookRegistry(): HookRegistry {
  const points = new Map<HookPoint, readonly RegisteredHook[]>();
  const at = (point: HookPoint) => points.get(point) ?? NONE;

  function remove(point: HookPoint, isGone: (hook: RegisteredHook) => boolean): boolean {
    const before = at(point);
    const after = before.filter((hook) => !isGone(hook));
    if (after.length === 0) points.delete(point);
    else points.set(point, after);
    return after.length < before.length;
  }

  return {
    at,
    on(point: HookPoint, options: AnyHookOptions, fn: HookFunction<never>) {
      if (typeof fn !== "function") throw new TypeError("a hook is a function");
      const settings = readOptions(point, options);
      const present = at(point);
      if (present.some((hook) => hook.id === settings.id)) {
        throw new StateError("invalid", `${point} has a hook "${settings.id}" already`, {
          hook: settings.id,
        });
      }
      const hook: RegisteredHook = {
        ...settings,
        guard: undefined,
        answers: undefined,
        wants: filterOf(settings),
        call: fn,
      };
      const place = present.findIndex((other) => other.priority < hook.priority);
      points.set(point, place < 0 ? [...present, hook] : present.toSpliced(place, 0, hook));
      return () => void remove(point, (other) => other === hook);
    },
    off: (point, id) => remove(point, (hook) => hook.id === id),
    has: (point) => points.has(point),
    list: (point) => (point === undefined ? [...points.values()].flat() : at(point)).map(infoOf),
  };
}

function filterOf({ scopes, keys }: HookSettings): (subject: HookSubject) => boolean {
  if (scopes === undefined && keys === undefined) return () => true;
  return ({ scope, scopeText = "", key = "" }) => {
    if (keys !== undefined && !keys.has(key)) return false;
    return scopes === undefined || scopes.has(scopeText) || (scope !== undefined && scopes.has(scope.kind));
  };
}

function infoOf(hook: RegisteredHook): HookInfo {
  const { id, point, version, priority, timeoutMs, replayable, sideEffects, onError } = hook;
  return { id, point, version, priority, timeoutMs, replayable, sideEffects, onError };
}
