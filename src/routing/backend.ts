import type { ScopeText } from "../ground/scope.ts";
import type { Schema, StateManager } from "../index.ts";
import type { Route } from "./options.ts";

/** One of the stores behind a face. */
export interface Backend<S extends Schema = Schema> {
  /** The name of its adapter, with a number where several have the same: `filesystem`, `filesystem-2`. */
  readonly name: string;
  /** The store itself; for what a face over several does not have, such as `events.since`. */
  readonly state: StateManager<S>;
}

/** The open stores and which of them a scope lives in. */
export interface Backends<S extends Schema> {
  readonly all: readonly Backend<S>[];
  of(scope: ScopeText): Backend<S>;
}

/** `route` gives places in `all`. */
export function backendsOf<S extends Schema>(all: readonly Backend<S>[], route: Route): Backends<S> {
  return { all, of: (scope) => all[route(scope)] as Backend<S> }; // one store was opened for each place
}

/** Names that tell the stores apart in reports. Undefined is the memory of this process. */
export function namesOf(storages: readonly ({ readonly name: string } | undefined)[]): string[] {
  const seen = new Map<string, number>();
  return storages.map(({ name } = { name: "memory" }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
}
