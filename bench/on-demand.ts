/** What costs seconds to start is started by the first workload that needs it, once, and ended with the run. */

interface Ending {
  close(): Promise<void>;
}

export interface OnDemand<T extends Ending> {
  /** `folder` is where it may keep its data. */
  get(folder: string): Promise<T>;
  close(): Promise<void>;
}

export function onDemand<T extends Ending>(open: (folder: string) => Promise<T>): OnDemand<T> {
  let opened: Promise<T> | undefined;
  return {
    get(folder) {
      opened ??= open(folder);
      return opened;
    },
    async close() {
      await (await opened)?.close();
    },
  };
}
