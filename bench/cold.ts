/** Runs a task in a fresh process: nothing warm, nothing left of another subject. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Sample } from "./workloads/workload.ts";

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

export interface Task {
  /** load: open and read all. memory: what that keeps. get: hot reads. */
  readonly kind: "load" | "memory" | "get";
  readonly subject: string;
  readonly dir: string;
  /** Entries that must be there, all named k0, k1, … */
  readonly count: number;
  /** memory: whether the values are read. */
  readonly read?: boolean;
  /** get: how many in all. */
  readonly gets?: number;
}

export async function cold(task: Task): Promise<Sample> {
  const options = ["--expose-gc", "--disable-warning=ExperimentalWarning", CHILD, JSON.stringify(task)];
  const { stdout } = await run(process.execPath, options);
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  return JSON.parse(line);
}
