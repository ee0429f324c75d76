import { act, createElement, type FunctionComponent, type ReactNode, StrictMode } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { type Handle, type Schema, StateManager, type StateManagerOptions } from "../../src/index.ts";

declare global {
  var IS_REACT_ACT_ENVIRONMENT: boolean;
}
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

/** A store whose failures, which tests cause, are not loud. */
export function open<S extends Schema = Schema>(
  options: StateManagerOptions<S> = {},
): Promise<StateManager<S>> {
  return StateManager.open({ ...options, ports: { logger: { warn() {}, error() {} }, ...options.ports } });
}

/** A tree on the page. What `show` and `leave` set off has happened when they resolve; they reject with what no boundary caught. */
export interface Page {
  readonly text: string;
  show(tree: ReactNode): Promise<void>;
  leave(): Promise<void>;
  /** Within an `act` of the test. */
  leaveNow(): void;
}

export function page({ strict = false } = {}): Page {
  const place = document.createElement("div");
  const root = createRoot(place);
  return {
    get text() {
      return place.textContent;
    },
    show: (tree) => act(async () => root.render(strict ? createElement(StrictMode, null, tree) : tree)),
    leave: () => act(async () => root.unmount()),
    leaveNow: () => flushSync(() => root.unmount()),
  };
}

/** A component whose text is what `draw` returns. */
export function drawing<P extends object>(draw: (props: P) => unknown): FunctionComponent<P> {
  return (props) => String(draw(props));
}

/** A promise and the ways to settle it. */
export function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Counts what is held, watched, listened to and looked at. */
export function counting(state: StateManager) {
  const counts = { opened: 0, held: 0, watching: 0, listening: 0, looks: 0 };
  const watch: Handle["watch"] = (key, listener) => {
    const stop = state.watch(key, listener);
    counts.watching++;
    return () => {
      counts.watching--;
      stop();
    };
  };
  const counted: StateManager = {
    ...state,
    watch,
    keys() {
      counts.looks++;
      return state.keys();
    },
    peek(key) {
      counts.looks++;
      return state.peek(key);
    },
    get dirty() {
      counts.looks++;
      return state.dirty;
    },
    get lastDurableAt() {
      return state.lastDurableAt;
    },
    events: {
      ...state.events,
      on(pattern, handler) {
        const stop = state.events.on(pattern, handler);
        counts.listening++;
        return () => {
          counts.listening--;
          stop();
        };
      },
    },
    async scope(scope) {
      const handle = await state.scope(scope);
      counts.opened++;
      counts.held++;
      return {
        ...handle,
        watch(key: string | undefined, listener: () => void) {
          const stop = handle.watch(key as never, listener);
          counts.watching++;
          return () => {
            counts.watching--;
            stop();
          };
        },
        close() {
          counts.held--;
          handle.close();
        },
      };
    },
  };
  return { state: counted, counts };
}
