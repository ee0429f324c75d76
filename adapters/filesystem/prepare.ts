/** What a writer does before it writes. Opening changes no data: leftovers and torn tails wait for the first commit. */
import { dirname, join, resolve } from "node:path";
import { StateError } from "../../src/adapter.ts";
import { createLog } from "./compact.ts";
import { type File, type Files, renameOver } from "./files.ts";
import { HEADER_BYTES } from "./frame.ts";
import { sweepLocks } from "./lock.ts";
import type { LogStart } from "./log.ts";
import type { LogState } from "./recover.ts";
import { checksumOf } from "./values.ts";

/** Removes what a killed writer left beside the log. */
export async function sweepLeftovers(files: Files, directory: string): Promise<void> {
  await files.remove(join(directory, "log.new"));
  await files.remove(join(directory, "hint.new"));
  await sweepLocks(files, directory);
}

/**
 * Makes the names durable that lead to the log. Each writer does so: the one before may have been killed between a
 * rename and its sync, and what is committed to a log is lost if a power cut gives its name back to another.
 * `made` is the topmost directory that was made for the store.
 */
export async function syncNames(files: Files, directory: string, made: string | undefined): Promise<void> {
  const top = dirname(resolve(made ?? directory));
  for (let at = resolve(directory); ; at = dirname(at)) {
    await files.syncDirectory(at);
    if (at === top || at === dirname(at)) break;
  }
}

/** A new log under its name. */
export async function foundLog(
  files: Files,
  directory: string,
  made: string | undefined,
): Promise<{ file: File; start: LogStart }> {
  const path = join(directory, "log");
  const { file, id } = await createLog(files, `${path}.new`);
  try {
    await file.sync();
    await renameOver(files, `${path}.new`, path);
    file.path = path;
    await syncNames(files, directory, made);
    const { size } = await file.stat();
    return { file, start: { id, end: HEADER_BYTES, sequence: 1, size } };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Writes again, byte for byte, the frames that no later one proves, before anybody sees them. A sync alone would not
 * do: the writer before may have been told that one failed, after which the system takes the pages for written
 * although they are not, and says of the next sync that all is well. No content changes, so a kill here is harmless.
 */
export async function rewriteUnproven(file: File, path: string, state: LogState): Promise<void> {
  const { unproven, end } = state;
  if (unproven === end) return;
  const crc = await checksumOf(file, unproven, end, (bytes, position) => file.write(bytes, position));
  if (crc !== state.unprovenCrc) {
    const message = `${path} changed at byte ${unproven} while it was opened; its last writes are not on the disk.`;
    throw new StateError("corrupt", message, { adapter: "filesystem", file: path, offset: unproven });
  }
  await file.sync();
}

/** Cuts what a kill left half written. It was never acknowledged, and nothing of a later time follows it. */
export async function cutTail(file: File, state: LogState): Promise<LogStart> {
  const { id, end, sequence } = state;
  if (!state.clean) {
    await file.truncate(end);
    await file.sync();
  }
  return { id, end, sequence, size: (await file.stat()).size };
}
