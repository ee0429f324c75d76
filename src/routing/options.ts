import { StateError } from "../ground/error.ts";
import { checkFields } from "../ground/fields.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Schema, StateManagerOptions, StorageAdapter } from "../index.ts";
import { scopeMatcher } from "./match.ts";

/** Where some scopes live. */
export interface RouteOverride {
  /**
   * Which scopes: their kind (`agent`), or their text form (`agent:researcher`, `step:report:*`), where `*` stands for any
   * characters.
   */
  readonly match: string;
  /** False: in memory only. Default: true where `storage` is given, else what `persistence.enabled` says. */
  readonly enabled?: boolean;
  /** Default: the `storage` of the options. The same adapter object is opened once. */
  readonly storage?: StorageAdapter;
}

export interface RoutedOptions<S extends Schema = Schema> extends StateManagerOptions<S> {
  /** The first that fits a scope decides. What none fits goes to `storage`, or to memory with `persistence.enabled: false`. */
  readonly overrides?: readonly RouteOverride[];
}

/** The place, in the list of storages, of the one that a scope lives in. */
export type Route = (scope: ScopeText) => number;

/** Undefined is the memory of this process. */
export interface Routes {
  readonly storages: readonly (StorageAdapter | undefined)[];
  readonly route: Route;
}

/** Throws `invalid` or a TypeError for overrides that say nothing, that no scope fits, or two things at once. */
export function readRoutes({ storage, overrides = [], persistence }: RoutedOptions): Routes {
  if (!Array.isArray(overrides)) throw new TypeError("overrides must be a list");
  const isEnabled = persistence?.enabled !== false;
  const storages: (StorageAdapter | undefined)[] = [];
  const placeOf = (wanted: StorageAdapter | undefined) => {
    const found = storages.indexOf(wanted);
    return found === -1 ? storages.push(wanted) - 1 : found;
  };
  const rest = placeOf(isEnabled ? storage : undefined);
  const rules = overrides.map((override: RouteOverride) => {
    checkOverride(override, storage);
    const { match, enabled = override.storage !== undefined || isEnabled } = override;
    return {
      fits: scopeMatcher(match, "an override"),
      place: placeOf(enabled ? (override.storage ?? storage) : undefined),
    };
  });
  const route = (scope: ScopeText): number => rules.find(({ fits }) => fits(scope))?.place ?? rest;
  return { storages, route };
}

function checkOverride(override: RouteOverride, storage: StorageAdapter | undefined): void {
  checkFields("a field of an override", override, ["match", "enabled", "storage"]);
  const { match, enabled } = override;
  if (enabled !== undefined && typeof enabled !== "boolean")
    throw new TypeError("enabled of an override must be true or false");
  if (enabled === false && override.storage !== undefined)
    throw new StateError("invalid", `the override of "${match}" has a storage, and enabled: false`);
  if (enabled === true && (override.storage ?? storage) === undefined)
    throw new StateError("invalid", `the override of "${match}" is enabled, but there is no storage for it`);
}
