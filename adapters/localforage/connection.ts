/** A browser may lose the connection to a database (WebKit does, after a while in the background). */
import { StateError } from "../../src/adapter.ts";
import { nameOf } from "../shared/error-name.ts";
import type { LocalForageLike } from "./instance.ts";

/** Failures that a lost connection is known by. Others, such as damage, no new connection mends. */
const OF_A_LOST_CONNECTION: ReadonlySet<string> = new Set([
  "AbortError",
  "InvalidStateError",
  "TransactionInactiveError",
  "UnknownError",
]);

export interface Connection {
  /** Runs a read, and once more on a new connection if this one seems to be lost. Never for writes. */
  read<T>(act: () => Promise<T>): Promise<T>;
}

/**
 * localForage keeps the handle of a lost connection and fails on it for ever; it opens a new one only where the handle is
 * closed. So the handle is closed here, which does no harm to a living one: whoever uses it next gets a new one.
 */
export function connection(instance: LocalForageLike, anyKey: string): Connection {
  let renewing: Promise<unknown> | undefined;

  /** Once for all reads that failed together: localForage does not bear several at a time. */
  function renew(handle: IDBDatabase): Promise<unknown> {
    renewing ??= (async () => {
      handle.close();
      const [read] = await Promise.allSettled([instance.getItem(anyKey)]);
      if (read.status === "fulfilled") return;
      // localForage keeps the failure in a second place, where only `ready` looks: it would count as unhandled.
      await Promise.allSettled([instance.ready()]);
      throw read.reason;
    })().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  return {
    async read(act) {
      const used = handleOf(instance);
      try {
        return await act();
      } catch (error) {
        if (used === undefined || !OF_A_LOST_CONNECTION.has(nameOf(error))) throw error;
        const [renewed] = await Promise.allSettled([handleOf(instance) === used ? renew(used) : renewing]);
        if (renewed.status === "fulfilled") return await act();
        throw new StateError(
          "unavailable",
          "The connection to the database was lost and could not be opened again. Reload the page.",
          { adapter: "localforage", cause: renewed.reason },
        );
      }
    },
  };
}

/** Not part of localForage's interface, but the only way to it: a second instance would share the same handle. */
function handleOf(instance: LocalForageLike): IDBDatabase | undefined {
  const info: unknown = Reflect.get(instance, "_dbInfo");
  const handle: unknown = typeof info === "object" && info !== null ? Reflect.get(info, "db") : undefined;
  return typeof IDBDatabase === "function" && handle instanceof IDBDatabase ? handle : undefined;
}
