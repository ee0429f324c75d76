import { isStateError } from "../ground/error.ts";
import type { Logger } from "../ground/ports.ts";
import { guard } from "./guard.ts";
import type { StorageAdapter, Store, StoreOpening } from "./store.ts";

/**
 * Opens `adapter`, or with `fallback: "memory"`, where it cannot be used here at all (`unsupported`), a store in memory,
 * and says so. Any other failure is no reason: the data is there, and an empty store would hide it.
 */
export async function openOrFallBack(
  adapter: StorageAdapter,
  opening: StoreOpening,
  memory: () => StorageAdapter,
  logger: Logger,
): Promise<{ readonly name: string; readonly store: Store }> {
  try {
    return { name: adapter.name, store: await guard(adapter, opening) };
  } catch (error) {
    if (adapter.fallback !== "memory" || !isStateError(error, "unsupported")) throw error;
    logger.warn(
      `storage ${adapter.name} cannot be used here: state lives in memory and ends with this program`,
      {
        error,
      },
    );
    const instead = memory();
    return { name: instead.name, store: await guard(instead, opening) };
  }
}
