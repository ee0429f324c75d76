import { useMemo, useSyncExternalStore } from "react";
import type { StateManager } from "../index.ts";
import { unlessClosed } from "./source.ts";

/** Whether all is stored. */
export interface Status {
  /** Changes wait to be stored. */
  readonly dirty: boolean;
  /** Wall time in milliseconds of the last commit that became durable; undefined before the first. */
  readonly lastDurableAt: number | undefined;
  /** Why the last flush failed, until one does not. Only of those that the component was there for. */
  readonly error: unknown;
}

type Observed = Pick<StateManager, "dirty" | "lastDurableAt" | "events">;

const UNKNOWN: Status = Object.freeze({ dirty: false, lastDurableAt: undefined, error: undefined });

/**
 * Whether all is stored, for a "saved" at the edge of a page. It is told at the first change that waits and when none waits
 * any more, not for each write in between. Nothing is dirty while the store is still opening (undefined), and on a server.
 *
 * @example
 * const { dirty, error } = useStatus(state);
 * return <footer>{error ? "Not saved, trying again" : dirty ? "Saving…" : "Saved"}</footer>;
 */
export function useStatus(state: Observed | undefined): Status {
  const observer = useMemo(() => (state === undefined ? NOBODY : observerOf(state)), [state]);
  return useSyncExternalStore(observer.subscribe, observer.read, unknown);
}

function observerOf(state: Observed) {
  let last = UNKNOWN;
  let error: unknown;
  return {
    read(): Status {
      const { dirty, lastDurableAt } = state;
      const isSame = last.dirty === dirty && last.lastDurableAt === lastDurableAt && last.error === error;
      if (!isSame) last = { dirty, lastDurableAt, error };
      return last;
    },
    subscribe(listener: () => void): () => void {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const stopStatus = unlessClosed(() =>
        state.events.on("status.changed", ({ data }) => {
          error = data.error;
          listener();
        }),
      );
      // In immediate mode there is no other sign; a commit is told of a moment before its writer has nothing left to do.
      const stopChanges = unlessClosed(() =>
        state.events.on("state.changed", () => {
          timer ??= setTimeout(() => {
            timer = undefined;
            listener();
          });
        }),
      );
      return () => {
        stopStatus();
        stopChanges();
        clearTimeout(timer);
      };
    },
  };
}

const unknown = () => UNKNOWN;
const NOBODY = { subscribe: () => () => {}, read: unknown };
