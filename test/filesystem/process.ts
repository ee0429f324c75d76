import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A process of this test's own, which prints a word a line. */
export interface Child {
  readonly words: string[];
  /** Resolves when this many words were printed, or the child has ended. */
  printed(count: number): Promise<void>;
  kill(): Promise<void>;
  readonly ended: Promise<void>;
}

export function start(task: string, path: string): Child {
  const script = fileURLToPath(new URL("./child.ts", import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [script, task, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const words: string[] = [];
  let rest = "";
  let tell = (): void => undefined;
  child.stdout?.setEncoding("utf8").on("data", (part: string) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    words.push(...lines);
    tell();
  });
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    child.on("close", () => {
      isOver = true;
      tell();
      resolve();
    });
  });
  return {
    words,
    ended,
    async printed(count) {
      await new Promise<void>((resolve) => {
        tell = () => {
          if (words.length >= count || isOver) resolve();
        };
        tell();
      });
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Runs a task in a folder that is removed afterwards. */
export async function inFolder(task: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "keepstate-filesystem-"));
  try {
    await task(join(folder, "store"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
