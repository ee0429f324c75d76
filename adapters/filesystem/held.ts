import { StateError } from "../../src/adapter.ts";
import type { File } from "./files.ts";

/** A file that is closed when it was retired and its last user is done, so that a read never meets a reused descriptor. */
export interface Held {
  readonly path: string;
  use<T>(task: (file: File) => Promise<T>): Promise<T>;
  /** Resolves once the file is closed. Safe to call twice. */
  retire(): Promise<void>;
}

export function hold(file: File, path: string): Held {
  let users = 0;
  let retired: Promise<void> | undefined;
  let unused = (): void => undefined;

  return {
    path,
    async use(task) {
      if (retired !== undefined) throw new StateError("closed", `${path} is closed.`, { file: path });
      users++;
      try {
        return await task(file);
      } finally {
        if (--users === 0) unused();
      }
    },
    retire() {
      retired ??= (
        users === 0
          ? Promise.resolve()
          : new Promise<void>((resolve) => {
              unused = resolve;
            })
      ).then(() => file.close());
      return retired;
    },
  };
}
