/** The door of layer 3 for layer 4: what parts such as agents and sessions need of an open store, and users do not. */
import { StateError } from "./ground/error.ts";
import { checkName } from "./ground/name.ts";
import { systemScope, systemScopeText } from "./ground/scope.ts";
import { type Bound, bind, correlationOf } from "./state/correlation.ts";
import type { Engine } from "./state/engine.ts";
import { type Handle, handleOf } from "./state/handle.ts";
import type { Announcement } from "./state/request.ts";
import type { WriteResult } from "./state/result.ts";
import { write } from "./state/write.ts";
import { type Inside, insideOf, type StateManager } from "./state-manager.ts";

/** Any open store, whatever its schema. */
export type AnyStore = Pick<StateManager, "hooks" | "events">;

/**
 * One scope of the reserved system namespace, loaded. Its changes go the way of all others: hooks, journal, events. They
 * have no schema, no user's scope reaches them, and a hook may alter or veto but not redirect them.
 */
export interface SystemHandle extends Pick<Handle, "get" | "has" | "keys"> {
  /**
   * Read-modify-write of one record. `fn` is synchronous and pure: it may run again. `announce` is published once for the
   * commit, right after its `state.changed`.
   */
  update(key: string, fn: (old: unknown) => unknown, announce?: Announcement): Promise<WriteResult>;
  delete(key: string, announce?: Announcement): Promise<WriteResult>;
}

/**
 * Runs `use` with the scope loaded, and gives the scope back when it has settled.
 * @param more gives way to what the store was bound to by `with`
 */
export async function withSystemScope<T>(
  state: AnyStore,
  name: string,
  more: Bound,
  work: (records: SystemHandle) => T | Promise<T>,
): Promise<T> {
  const { engine, bound: outer, onRelease } = use(state);
  const bound = bind(bind({}, more), outer);
  const view = await engine.views.hold(systemScopeText(name));
  const handle = handleOf(engine, view, systemScope(name), bound, () => {
    engine.views.release(view);
    onRelease();
  });
  async function change(
    key: string,
    part: { operation: "set"; update: (old: unknown) => unknown } | { operation: "delete" },
    announce: Announcement | undefined,
  ): Promise<WriteResult> {
    use(state);
    const request = { view, key: checkName(key, "key"), value: undefined, announce, ...part };
    return write(engine, request, correlationOf(bound, undefined, engine.correlationId));
  }
  const records: SystemHandle = {
    get: handle.get,
    has: handle.has,
    keys: handle.keys,
    update: (key, fn, announce) => change(key, { operation: "set", update: fn }, announce),
    delete: (key, announce) => change(key, { operation: "delete" }, announce),
  };
  try {
    return await work(records);
  } finally {
    handle.close();
  }
}

/** What the store is made of. Throws `closed` after its end, a TypeError for what is no store. */
export function engineOf(state: AnyStore): Engine {
  return use(state).engine;
}

/**
 * The value as it would come back from the store, aliasing nothing.
 * Throws `not_serializable` with the path, which begins with `name`, for one that would not.
 */
export function copyValue(state: AnyStore, value: unknown, name: string): unknown {
  const { codec } = engineOf(state);
  return codec.decode(codec.encode(value, name)).value;
}

function use(state: AnyStore): Inside {
  const inside = insideOf(state);
  if (!inside.life.isOpen) throw new StateError("closed", "the store was closed; open it again to use it");
  return inside;
}
