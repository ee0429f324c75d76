/** A store opened for writing. Commits run one after the other; reads see what the last finished one left. */
import { join } from "node:path";
import {
  type Batch,
  type CommitOutcome,
  equalBytes,
  isStateError,
  StateError,
  type Store,
  type Swap,
} from "../../src/adapter.ts";
import { type CompactionSource, createCompaction } from "./compaction.ts";
import type { File, Files } from "./files.ts";
import type { Item } from "./frame.ts";
import { createHeads } from "./heads.ts";
import { createHealth, isFull } from "./health.ts";
import { type Held, hold } from "./held.ts";
import { encodeHint, writeHint } from "./hint.ts";
import { createIdle } from "./idle.ts";
import { loadLog } from "./load.ts";
import type { Lock } from "./lock.ts";
import { type Log, type LogStart, openLog } from "./log.ts";
import { cutTail, foundLog, rewriteUnproven, sweepLeftovers, syncNames } from "./prepare.ts";
import { createTable } from "./table.ts";
import { CAPABILITIES, readKeys, refuseWrites, scanRange, type View } from "./view.ts";

export interface WriterOptions {
  /** A log smaller than this is not compacted. Bytes. */
  readonly compactAbove: number;
  /** Told of failures that no caller waits for. */
  readonly onProblem: (error: unknown) => void;
}

/** How much a log may grow before an idle moment is used for a new hint. Bytes. */
const HINT_EVERY = 16 * 1024 * 1024;

function itemsOf({ writes, swap }: Batch): Item[] {
  const items = writes.map(
    (write): Item =>
      "put" in write ? { key: write.put, value: write.value } : { key: write.delete, value: undefined },
  );
  if (swap !== undefined) items.push({ key: swap.key, value: swap.to });
  return items;
}

export async function openWriter(
  files: Files,
  directory: string,
  made: string | undefined,
  lock: Lock,
  options: WriterOptions,
): Promise<Store> {
  const path = join(directory, "log");
  const health = createHealth();
  const heads = createHeads();
  const compaction = createCompaction(files, directory, options.compactAbove, options.onProblem);
  const loaded = await loadLog(files, directory, "writer");
  let view: View = { table: createTable(), held: undefined, doubt: undefined };
  let log: Log | undefined;
  let hintedAt = loaded?.hintedAt ?? 0;
  let queue: Promise<unknown> = Promise.resolve();
  let closing: Promise<void> | undefined;

  if (loaded !== undefined) {
    const { file, table, state } = loaded;
    view = { table, held: hold(file, path), doubt: state.doubt };
    try {
      await rewriteUnproven(file, path, state);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  function enqueue<T>(task: () => Promise<T>): Promise<T> {
    const turn = queue.then(() => {
      health.check();
      return task();
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function usable(): Promise<View> {
    if (closing !== undefined) {
      throw new StateError("closed", `The store at ${directory} was closed.`, { adapter: "filesystem" });
    }
    health.check();
    return view;
  }

  function begin(held: Held, file: File, start: LogStart): Log {
    view = { ...view, held };
    return openLog(file, path, start, health);
  }

  /** The log, ready to be written to. The first commit pays for what a crash left. */
  async function ready(): Promise<Log> {
    await sweepLeftovers(files, directory);
    if (loaded === undefined || view.held === undefined) {
      const founded = await foundLog(files, directory, made);
      return begin(hold(founded.file, path), founded.file, founded.start);
    }
    const { file, state } = loaded;
    await syncNames(files, directory, made);
    try {
      return begin(view.held, file, await cutTail(file, state));
    } catch (error) {
      throw isFull(error) || isStateError(error) ? error : health.poison(path, error);
    }
  }

  async function isCurrent({ key, from }: Swap): Promise<boolean> {
    const remembered = heads.get(key);
    if (remembered !== undefined) return equalBytes(remembered, from);
    const [current] = await readKeys(view, [key]);
    if (current !== undefined) heads.remember(key, current);
    return equalBytes(current, from);
  }

  async function commit(batch: Batch): Promise<CommitOutcome> {
    const { swap } = batch;
    if (swap !== undefined && !(await isCurrent(swap))) return "conflict";
    const items = itemsOf(batch);
    if (items.length === 0) return "committed";
    refuseWrites(view);
    log ??= await ready();
    view.table.apply(await log.append(items));
    heads.note(items);
    if (swap !== undefined) heads.remember(swap.key, swap.to);
    compaction.note(items);
    compaction.consider(log.end, source);
    idle.note();
    return "committed";
  }

  function source(): CompactionSource {
    const { held, table } = view;
    if (held === undefined) throw new TypeError("There is no log to compact.");
    return {
      held,
      table,
      isOwner: lock.isHeld,
      exclusively: enqueue,
      async commitTo({ file, id }, copy, rename) {
        if (copy.table.size !== table.size) throw new TypeError("A compacted log lacks keys.");
        await log?.idle();
        await rename();
        file.path = path;
        try {
          await files.syncDirectory(directory);
        } catch (error) {
          await file.close();
          // Which of the two logs a power cut would leave under the name is not known, so neither may grow.
          throw health.poison(path, error);
        }
        const { size } = await file.stat();
        view = { ...view, table: copy.table };
        hintedAt = 0;
        log = begin(hold(file, path), file, { id, end: copy.end, sequence: copy.sequence, size });
        await held.retire();
      },
    };
  }

  /** Runs between commits, where the table and the end of the log belong together. */
  function snapshot(at: Log): { readonly bytes: Uint8Array; readonly end: number } | undefined {
    return view.doubt === undefined ? { bytes: encodeHint(view.table, at), end: at.end } : undefined;
  }

  const idle = createIdle(async () => {
    const due = await enqueue(async () => {
      await log?.prove();
      return log !== undefined && log.end - hintedAt >= HINT_EVERY ? snapshot(log) : undefined;
    });
    if (due === undefined) return;
    hintedAt = due.end;
    await writeHint(files, directory, due.bytes);
  }, options.onProblem);

  async function finish(): Promise<void> {
    await idle.stop();
    await compaction.stop();
    await queue;
    try {
      // Whoever took the lock away may have written since; what this writer committed is on disk anyway.
      if (log !== undefined && health.failure === undefined && (await lock.isHeld())) {
        await log.seal();
        const last = snapshot(log);
        if (last !== undefined) await writeHint(files, directory, last.bytes);
      }
    } finally {
      await log?.idle();
      await view.held?.retire();
      await lock.release();
    }
  }

  return {
    capabilities: CAPABILITIES,
    async get(keys, signal) {
      signal?.throwIfAborted();
      return readKeys(await usable(), keys);
    },
    scan: (range, scanOptions) => scanRange(usable, range, scanOptions),
    async commit(batch) {
      await usable();
      return enqueue(() => commit(batch));
    },
    close() {
      closing ??= finish();
      return closing;
    },
  };
}
