import { join } from "node:path";
import { StateError } from "../../src/adapter.ts";
import type { File, Files } from "./files.ts";
import { readHint } from "./hint.ts";
import { LOG_START, type LogState, readLog, readLogId } from "./recover.ts";
import { createTable, type Table } from "./table.ts";

export interface LoadedLog {
  readonly file: File;
  readonly table: Table;
  readonly state: LogState;
  /** The position up to which a hint made reading needless. */
  readonly hintedAt: number;
}

/** The log as it is on disk, by way of the hint where it fits. `undefined` when there is none, which is an empty store. */
export async function loadLog(
  files: Files,
  directory: string,
  mode: "reader" | "writer",
): Promise<LoadedLog | undefined> {
  const path = join(directory, "log");
  // The hint first: one that is older than the log is of use, one that is newer is not.
  const hint = await readHint(files, directory);
  if ((await files.stat(path)) === undefined) {
    if (hint === undefined) return undefined;
    throw new StateError("corrupt", `${path} is missing, and the hint beside it says that there was one.`, {
      adapter: "filesystem",
      file: path,
    });
  }
  const file = await files.open(path, mode === "writer" ? "write" : "read");
  try {
    const id = await readLogId(file, path);
    const table = createTable();
    const fits = hint?.state.id === id;
    if (fits) table.apply(hint.changes);
    const from = fits ? hint.state : { ...LOG_START, id };
    const state = await readLog({ file, path }, table, from, mode);
    return { file, table, state, hintedAt: fits ? hint.state.end : 0 };
  } catch (error) {
    await file.close();
    throw error;
  }
}
