import type { Failure, StorageAdapter } from "../../src/adapter.ts";
import { checkOptions } from "../shared/options.ts";
import { diskFiles, type Files, systemCode } from "./files.ts";
import { isFull } from "./health.ts";
import type { LockHolder } from "./holder.ts";
import { acquireLock } from "./lock.ts";
import { processLife } from "./process-life.ts";
import { openReader } from "./reader.ts";
import { openWriter } from "./writer.ts";

export interface FilesystemOptions {
  /** The store's directory. Made if it is missing, together with its parents; one store has one directory of its own. */
  readonly path: string;
  /** A log smaller than this is left alone; above it, one that is more than half garbage is compacted. Bytes, default 8 MiB. */
  readonly compactAbove?: number;
  /**
   * Asked about the holder of the lock when it ran on another host or in another container, where it cannot be seen
   * whether it still runs. `true` declares it dead. Two living writers destroy a store, so be sure.
   */
  readonly takeOver?: (holder: LockHolder) => boolean | Promise<boolean>;
  /** Told of failures in the background, such as a compaction that met damage. By default a process warning. */
  readonly onProblem?: (error: unknown) => void;
}

const COMPACT_ABOVE = 8 * 1024 * 1024;
const EXAMPLE = 'filesystem({ path: "./state" })';
const OPTIONS = ["path", "compactAbove", "takeOver", "onProblem"];

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

function check(options: FilesystemOptions): void {
  checkOptions(EXAMPLE, options, OPTIONS);
  const { path, compactAbove = COMPACT_ABOVE, takeOver, onProblem } = options;
  if (typeof path !== "string" || path === "") {
    throw new TypeError(`filesystem(): path is a text and not empty, such as ${EXAMPLE}.`);
  }
  if (!(typeof compactAbove === "number" && compactAbove > 0)) {
    throw new TypeError("filesystem(): compactAbove is a number of bytes above 0.");
  }
  for (const [option, given] of Object.entries({ takeOver, onProblem })) {
    if (given !== undefined && typeof given !== "function") {
      throw new TypeError(`filesystem(): ${option} is a function.`);
    }
  }
}

function classify(error: unknown): Failure | undefined {
  if (isFull(error)) return "quota";
  return systemCode(error) === undefined ? undefined : "unavailable";
}

/** The adapter over any disk; tests give one that fails. */
export function filesystemOn(files: Files, options: FilesystemOptions): StorageAdapter {
  check(options);
  const { path, compactAbove = COMPACT_ABOVE, takeOver, onProblem = warn } = options;
  return {
    name: "filesystem",
    classify,
    lifecycle: processLife,
    async open({ readOnly, signal }) {
      signal?.throwIfAborted();
      if (readOnly) return openReader(files, path);
      const made = await files.makeDirectory(path);
      const lock = await acquireLock(files, path, { takeOver });
      try {
        return await openWriter(files, path, made, lock, { compactAbove, onProblem });
      } catch (error) {
        await lock.release();
        throw error;
      }
    },
  };
}

/**
 * A store in a directory: one log, synced with each commit, so that a `committed` write survives a power cut.
 *
 * One writer at a time, kept by a lock file that is recovered when its holder is dead; any number of read-only
 * openings, also in other processes, which follow the writer. Runs on Node, Bun and Deno.
 *
 * Opening rejects with `locked` while another writer lives, `corrupt` where the log cannot be read at all,
 * `newer_format`, and `unavailable` where the directory may not be touched. A read-only opening of a directory that
 * is not there is an empty store. A damaged record makes reads of the keys it may concern reject with `corrupt`,
 * naming file and offset; the rest stays readable.
 *
 * @example
 * const state = await StateManager.open({ storage: filesystem({ path: "./agent-state" }) });
 */
export function filesystem(options: FilesystemOptions): StorageAdapter {
  return filesystemOn(diskFiles, options);
}
