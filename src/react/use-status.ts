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

/** A write that fails in immediate mode is told to its caller alone; so whoever shows `dirty` looks again. Milliseconds. */
const LOOK_AGAIN_MS = 200;

function observerOf(state: Observed) {
  let last = UNKNOWN;
  let error: unknown;
  let again: Later | undefined;
  return {
    read(): Status {
      const { dirty, lastDurableAt } = state;
      const isSame = last.dirty === dirty && last.lastDurableAt === lastDurableAt && last.error === error;
      if (!isSame) last = { dirty, lastDurableAt, error };
      if (dirty) again?.begin();
      return last;
    },
    subscribe(listener: () => void): () => void {
      // A commit is told of a moment before its writer has nothing left to do.
      const soon = later(listener, 0);
      again = later(listener, LOOK_AGAIN_MS);
      const stops = [
        unlessClosed(() =>
          state.events.on("status.changed", ({ data }) => {
            error = data.error;
            listener();
          }),
        ),
        unlessClosed(() => state.events.on("state.changed", soon.begin)),
        soon.end,
        again.end,
      ];
      return () => {
        again = undefined;
        for (const stop of stops) stop();
      };
    },
  };
}

interface Later {
  begin(): void;
  end(): void;
}

/** Once for all that began since the last time. */
function later(listener: () => void, ms: number): Later {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    begin() {
      timer ??= setTimeout(() => {
        timer = undefined;
        listener();
      }, ms);
    },
    end: () => clearTimeout(timer),
  };
}

const unknown = () => UNKNOWN;
const NOBODY = { subscribe: () => () => {}, read: unknown };
