/** The door of layer 3 for layer 4: what parts such as agents and sessions need of an open store, and users do not. */
import { checkName } from "./ground/name.ts";
import { systemScope, systemScopeText } from "./ground/scope.ts";
import { type Bound, bind, correlationOf } from "./state/correlation.ts";
import type { Engine } from "./state/engine.ts";
import { type Handle, handleOf } from "./state/handle.ts";
import type { Announcement } from "./state/request.ts";
import type { WriteResult } from "./state/result.ts";
import { write } from "./state/write.ts";
import { type Inside, insideOf, type StateManager } from "./state-manager.ts";
import { StateError } from "./ground/error.ts";

/** Any open store, whatever its schema. */
export type AnyStore = Pick<StateManager, "headRevision" | "close">;

/**
 * One scope of the reserved system namespace, loaded. Its changes go the way of all others: hooks, journal, events. They
 * have no schema, no user's scope reaches them, and a hook may alter or veto but not redirect them.
 */
export interface SystemHandle extends Pick<Handle, "get" | "has" | "keys" | "close" | typeof Symbol.dispose> {
  /**
   * Read-modify-write of one record. `fn` is synchronous and pure: it may run again. `announce` is published once for the
   * commit, right after its `state.changed`.
   */
  update(key: string, fn: (old: unknown) => unknown, announce?: Announcement): Promise<WriteResult>;
  delete(key: string, announce?: Announcement): Promise<WriteResult>;
}

/** `more` is under what the store is bound to by `with`. */
export async function systemHandle(state: AnyStore, name: string, more: Bound = {}): Promise<SystemHandle> {
  const { engine, bound: outer, onRelease } = use(state);
  const bound = bind(bind({}, more), outer);
  const view = await engine.views.hold(systemScopeText(name));
  const handle = handleOf(engine, view, systemScope(name), bound, () => {
    engine.views.release(view);
    onRelease();
  });
  const correlation = () => correlationOf(bound, undefined, engine.correlationId);
  return {
    get: handle.get,
    has: handle.has,
    keys: handle.keys,
    close: handle.close,
    [Symbol.dispose]: handle.close,
    async update(key, fn, announce) {
      const request = { view, key: checkName(key, "key"), operation: "set", value: undefined } as const;
      return write(engine, { ...request, update: fn, announce }, correlation());
    },
    async delete(key, announce) {
      const request = { view, key: checkName(key, "key"), operation: "delete", value: undefined } as const;
      return write(engine, { ...request, announce }, correlation());
    },
  };
}

/**
 * The value as it would come back from the store, aliasing nothing.
 * Throws `not_serializable` with the path, which begins with `name`, for one that would not.
 */
export function copyValue(state: AnyStore, value: unknown, name: string): unknown {
  const { codec } = use(state).engine;
  return codec.decode(codec.encode(value, name)).value;
}

/** Wall time in milliseconds, by the store's clock. */
export function timeOf(state: AnyStore): number {
  return use(state).engine.now();
}

function use(state: AnyStore): Inside {
  const inside = insideOf(state);
  if (!inside.life.isOpen) throw new StateError("closed", "the store was closed; open it again to use it");
  return inside;
}

export function engineOf(state: AnyStore): Engine {
  return use(state).engine;
}
