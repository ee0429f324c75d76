import { StateError } from "../ground/error.ts";
import {
  createHooks,
  type Schema,
  StateManager,
  type StateManagerOptions,
  type StorageAdapter,
} from "../index.ts";
import { confineHooks } from "../internal.ts";
import { type Backend, backendsOf, namesOf } from "./backend.ts";
import { type RoutedState, routedState } from "./face.ts";
import { type RoutedOptions, readRoutes } from "./options.ts";
import { settledOrThrow } from "./settled.ts";

/**
 * Opens several stores behind one face: which one a scope lives in is decided by the first override that fits it. Hooks,
 * schema and all other options are those of every store; `require` is not asked of what is kept in memory on purpose.
 * Rejects like `StateManager.open` if one of them cannot be opened; then none is.
 *
 * @example
 * const state = await openRouted({
 *   storage: filesystem({ path: "./state" }),
 *   overrides: [
 *     { match: "session", enabled: false },
 *     { match: "agent:*", storage: filesystem({ path: "./agents" }) },
 *   ],
 * });
 */
export async function openRouted<S extends Schema = Schema>(
  options: RoutedOptions<S> = {},
): Promise<RoutedState<S>> {
  const { storages, route } = readRoutes(options);
  checkLifecycle(options, storages);
  const { overrides: _, storage: __, persistence, require, ...shared } = options;
  const common: StateManagerOptions<S> = { ...shared, hooks: options.hooks ?? createHooks() };
  const openings = await Promise.allSettled(
    storages.map((storage) =>
      StateManager.open<S>(
        storage === undefined
          ? { ...common, persistence: { ...persistence, enabled: false }, require: memoryNeeds(require) }
          : {
              ...common,
              storage,
              persistence: { ...persistence, enabled: true },
              ...(require && { require }),
            },
      ),
    ),
  );
  const states = openings.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (states.length < openings.length) {
    const closings = await Promise.allSettled(states.map((state) => state.close()));
    settledOrThrow<unknown>([...openings, ...closings]);
  }
  const names = namesOf(storages);
  const all = states.map((state, i): Backend<S> => ({ name: names[i] ?? "", state }));
  for (const [place, { state, name }] of all.entries()) {
    confineHooks(state, (scope) => {
      if (route(scope) === place) return;
      const other = names[route(scope)];
      const message = `scope ${scope} lives in ${other}; a hook can read and change only what lies in the store of its change, ${name}`;
      throw new StateError("unsupported", message, { scope });
    });
  }
  return routedState(backendsOf(all, route));
}

/** What waits for one store must not be taken for another's. Adapters bring places of their own. */
function checkLifecycle({ ports }: RoutedOptions, storages: readonly (StorageAdapter | undefined)[]): void {
  if (ports?.lifecycle?.pending === undefined || storages.filter((one) => one !== undefined).length < 2)
    return;
  throw new StateError("invalid", "ports.lifecycle.pending is of one store, and here are several");
}

/** What is kept in memory on purpose need not survive anything. */
function memoryNeeds(require: StateManagerOptions["require"]): { readOnly?: boolean } {
  return require?.readOnly === undefined ? {} : { readOnly: require.readOnly };
}
