/** What the browser grants the origin as a whole. */

export interface StorageEstimate {
  /** Bytes that all data of the origin take, about. */
  readonly usage: number;
  /** Bytes that it may take. */
  readonly quota: number;
}

/**
 * Asks the browser not to evict this origin's data when space runs short. `false` where it declines or cannot be asked.
 * Firefox asks the user, so call it when they did something that explains why.
 */
export async function requestPersistence(): Promise<boolean> {
  return (await manager()?.persist?.()) ?? false;
}

/** How much room there is. `undefined` where the browser does not say. */
export async function storageEstimate(): Promise<StorageEstimate | undefined> {
  const { usage, quota } = (await manager()?.estimate?.()) ?? {};
  return usage === undefined || quota === undefined ? undefined : { usage, quota };
}

/** Typed as always there, but older browsers, plain http pages and other runtimes lack it or parts of it. */
function manager(): Partial<StorageManager> | undefined {
  const { navigator }: { navigator?: { storage?: Partial<StorageManager> } } = globalThis;
  return navigator?.storage;
}
