import { useMemo, useSyncExternalStore } from "react";
import {
  formatScope,
  type Handle,
  parseScope,
  type Schema,
  type ScopeValues,
  type StateManager,
  type StateScope,
  type Values,
} from "../index.ts";

/** How far the loading of a scope is. */
export type ScopeResult<V extends object = Values> =
  | { readonly status: "loading"; readonly handle: undefined; readonly error: undefined }
  | { readonly status: "ready"; readonly handle: Handle<V>; readonly error: undefined }
  | {
      readonly status: "failed";
      readonly handle: undefined;
      /** A StateError, such as `corrupt` or `closed`. */
      readonly error: unknown;
      /** Loads anew. */
      retry(): void;
    };

/**
 * Loads a scope and holds it while the component is mounted. The handle is closed by the hook, never by you, and not to be
 * used longer than the component lives. Another scope or store begins again at `loading`; what was asked for before never
 * shows. Throws `invalid` for a scope built by hand that is none.
 * @param state the same object from render to render: `useMemo` what `state.with(…)` gives. Undefined, like `scope`: still to come
 *
 * @example
 * const { status, handle } = useScope(state, agent("researcher"));
 * const plan = useStateValue(handle, "plan"); // undefined while the scope loads
 */
export function useScope<S extends Schema, T extends StateScope>(
  state: StateManager<S> | undefined,
  scope: T | undefined,
): ScopeResult<ScopeValues<S, T["kind"]>> {
  const text = scope === undefined ? undefined : formatScope(scope);
  const holder = useMemo((): Holder<ScopeValues<S, T["kind"]>> => {
    if (state === undefined || text === undefined) return NOBODY;
    // A scope's text stands for it, so this is the T that was given.
    return holderOf(() => state.scope(parseScope(text) as T));
  }, [state, text]);
  return useSyncExternalStore(holder.subscribe, holder.current, loading);
}

interface Holder<V extends object> {
  /** Opens the scope, and returns what gives it back. */
  subscribe(listener: () => void): () => void;
  current(): ScopeResult<V>;
}

/** The scope is held exactly as long as React is subscribed: nothing is opened by a render that may come to nothing. */
function holderOf<V extends object>(open: () => Promise<Handle<V>>): Holder<V> {
  let result: ScopeResult<V> = LOADING;
  return {
    current: () => result,
    subscribe(listener) {
      let handle: Handle<V> | undefined;
      let isOver = false;
      function show(next: ScopeResult<V>): void {
        result = next;
        listener();
      }
      function begin(): void {
        open().then(
          (opened) => {
            if (isOver) opened.close();
            else {
              handle = opened;
              show({ status: "ready", handle, error: undefined });
            }
          },
          (error: unknown) => {
            // Nobody waits for a scope that was given up.
            if (!isOver) show({ status: "failed", handle: undefined, error, retry });
          },
        );
      }
      function retry(): void {
        if (isOver || result.status !== "failed") return;
        show(LOADING);
        begin();
      }
      begin();
      return () => {
        isOver = true;
        result = LOADING;
        handle?.close();
      };
    },
  };
}

const LOADING = Object.freeze({ status: "loading", handle: undefined, error: undefined });
const loading = () => LOADING;
const NOBODY = { subscribe: () => () => {}, current: loading };
