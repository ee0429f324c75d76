import type { Schema, StorageAdapter, UniversalEvent } from "../../src/index.ts";
import { openRouted, type RoutedOptions, type RoutedState } from "../../src/routing.ts";
import { degraded, profiles } from "../../src/testing.ts";
import { quiet } from "../state/world.ts";

/** Stores whose logger says nothing, so that tests which fail on purpose are not loud. */
export function route<S extends Schema = Schema>(options: RoutedOptions<S>): Promise<RoutedState<S>> {
  return openRouted({ ...options, ports: { logger: quiet().logger, ...options.ports } });
}

export function collect(state: Pick<RoutedState, "events">, pattern = "state.changed"): UniversalEvent[] {
  const events: UniversalEvent[] = [];
  state.events.on(pattern, (event) => void events.push(event));
  return events;
}

/** A store that fails on request, under a name of its own. */
export function failing(name: string) {
  const [strongest] = profiles;
  if (strongest === undefined) throw new TypeError("there are no profiles");
  const backend = degraded({ capabilities: strongest.capabilities });
  const adapter = (): StorageAdapter => ({ ...backend.adapter(), name });
  return { backend, adapter };
}
