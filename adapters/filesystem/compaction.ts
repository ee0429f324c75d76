/** When a log is compacted, and how commits and compaction get out of each other's way. */
import { join } from "node:path";
import type { Key } from "../../src/adapter.ts";
import { isStateError, StateError } from "../../src/adapter.ts";
import { type Copy, copyTo, createLog, type FreshLog } from "./compact.ts";
import { type Files, renameOver } from "./files.ts";
import type { Item } from "./frame.ts";
import type { Held } from "./held.ts";
import type { Table } from "./table.ts";

export interface CompactionSource {
  readonly held: Held;
  readonly table: Table;
  /** Runs a task between two commits. */
  exclusively(task: () => Promise<void>): Promise<void>;
  /** Whether the lock still names this writer; another's log must not be replaced. */
  isOwner(): Promise<boolean>;
  /** The copy is about to take the log's name: from here on a failure poisons. */
  commitTo(fresh: FreshLog, copy: Copy, rename: () => Promise<void>): Promise<void>;
}

export interface Compaction {
  /** To be told of each commit. */
  note(items: readonly Item[]): void;
  /** Starts one when more than half of the log is garbage. */
  consider(logBytes: number, source: () => CompactionSource): void;
  /** Ends one that is under way, without harm. */
  stop(): Promise<void>;
}

/** Keys left for the last step, which commits wait for. */
const LAST_STEP_KEYS = 256;
const ROUNDS = 8;

function lostLock(directory: string): StateError {
  const message = `The lock of ${directory} was taken away from this writer. Close the store.`;
  return new StateError("locked", message, { adapter: "filesystem", file: join(directory, "lock") });
}

export function createCompaction(
  files: Files,
  directory: string,
  above: number,
  report: (error: unknown) => void,
): Compaction {
  let least = above;
  let running: Promise<void> | undefined;
  let touched: Set<Key> | undefined;
  let stopped = false;

  async function run({ held, table, exclusively, isOwner, commitTo }: CompactionSource): Promise<void> {
    const fresh = await createLog(files, join(directory, "log.new"));
    let taken = false;
    try {
      const copy = copyTo(fresh, held, table, () => !stopped);
      let keys: Set<Key> = new Set();
      touched = keys;
      const inOrder = [...table.entries()].sort((a, b) => a[1].position - b[1].position);
      await copy.add(inOrder.map(([key]) => key));
      for (let round = 0; round < ROUNDS && keys.size > LAST_STEP_KEYS && !stopped; round++) {
        const late = keys;
        keys = new Set();
        touched = keys;
        await copy.add(late);
      }
      if (!stopped) await fresh.file.sync();
      await exclusively(async () => {
        if (stopped) return;
        await copy.add(keys);
        await copy.finish();
        if (!(await isOwner())) throw lostLock(directory);
        await commitTo(fresh, copy, async () => {
          await renameOver(files, join(directory, "log.new"), join(directory, "log"));
          taken = true;
        });
      });
    } finally {
      touched = undefined;
      if (!taken) {
        await fresh.file.close();
        await files.remove(join(directory, "log.new"));
      }
    }
  }

  return {
    note(items) {
      if (touched !== undefined) for (const { key } of items) touched.add(key);
    },
    consider(logBytes, source) {
      const current = running === undefined && !stopped && logBytes >= least ? source() : undefined;
      if (current === undefined || current.table.liveBytes * 2 > logBytes) return;
      running = run(current)
        .catch((error: unknown) => {
          // Damage is not compacted away; anything else is tried again when there is more to gain.
          least = isStateError(error, "corrupt") ? Number.POSITIVE_INFINITY : logBytes * 2;
          report(error);
        })
        .finally(() => {
          running = undefined;
        });
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
