import type { EncodedValue } from "../ground/codec.ts";
import type { StateScope } from "../ground/scope.ts";
import type { Operation } from "../journal/commit.ts";
import type { Announcement } from "./request.ts";
import type { ScopeView } from "./view.ts";

/** A change that is being decided. */
export interface Proposal {
  readonly view: ScopeView;
  readonly key: string;
  readonly operation: Operation;
  readonly value: EncodedValue | undefined;
  readonly ttlMs?: number | undefined;
  readonly announce?: Announcement | undefined;
  readonly redirectedFrom?: { readonly scope: StateScope; readonly key: string } | undefined;
}

/** The changes of a commit that is being decided: in order, and found by their place. */
export interface Changes {
  readonly list: readonly Proposal[];
  /** The last one of a key. */
  at(view: ScopeView, key: string): Proposal | undefined;
  add(change: Proposal): void;
}

/** Begins a list; with `base`, one that is seen on top of those and is not among them. */
export function changesOn(base?: Changes): Changes {
  const list: Proposal[] = [];
  const places = new Map<ScopeView, Map<string, Proposal>>();
  return {
    list,
    at: (view, key) => places.get(view)?.get(key) ?? base?.at(view, key),
    add(change) {
      const { view, key } = change;
      let keys = places.get(view);
      if (keys === undefined) {
        keys = new Map();
        places.set(view, keys);
      }
      keys.set(key, change);
      list.push(change);
    },
  };
}
