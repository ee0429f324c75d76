import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { STEP_MS, within } from "./within.ts";

/** A program and all that it started, as one group that lives and dies together. */
export interface ProcessGroup {
  /** The first match in what the program prints. */
  says(pattern: RegExp): Promise<RegExpMatchArray>;
  /** `waited`, or a rejection with what the program has printed if it ends before. */
  while<T>(waited: Promise<T>): Promise<T>;
  /** Resolves when the program has ended by itself; rejects if it takes too long. */
  ended(): Promise<void>;
  /** A signal to the program alone. */
  ask(signal: NodeJS.Signals): void;
  /** SIGKILL to the whole group. Resolves when no process of it is left. */
  kill(): Promise<void>;
}

const KEPT_OUTPUT = 100_000;

/** Groups that still run. They are ended with this process, whatever ends it. */
const alive = new Set<number>();
let isWatching = false;

export function startGroup(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ProcessGroup {
  const child = spawn(command, args, {
    detached: true, // it becomes the leader of a group of its own
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const { pid } = child;
  if (pid !== undefined) alive.add(pid);
  endWithThisProcess();
  const output = collect(child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const died = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`${command} ended. It said:\n${output.all()}`)));
  });
  died.catch(() => {
    // told to those who wait for something while it lives
  });
  const living = <T>(waited: Promise<T>) => Promise.race([waited, died]);
  return {
    says: (pattern) => living(within(STEP_MS, output.match(pattern), `"${pattern.source}" from ${command}`)),
    while: living,
    ended: () => within(STEP_MS, exited, `the end of ${command}`),
    ask: (name) => void child.kill(name),
    async kill() {
      if (pid === undefined) return;
      signal(pid);
      await within(STEP_MS, gone(pid), `the death of ${command} and its children`);
      alive.delete(pid);
    },
  };
}

function collect(child: ChildProcess) {
  let text = "";
  const waiting = new Set<() => void>();
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-KEPT_OUTPUT);
    for (const look of waiting) look();
  };
  child.stdout?.on("data", add);
  child.stderr?.on("data", add);
  return {
    all: () => text,
    match: (pattern: RegExp) =>
      new Promise<RegExpMatchArray>((resolve) => {
        const look = () => {
          const found = text.match(pattern);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

function signal(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A killed process may live on for a moment, with its files open. A zombie has closed them. */
async function gone(group: number): Promise<void> {
  while (isRunning(group)) await wait(20);
}

function isRunning(group: number): boolean {
  const { stdout } = spawnSync("ps", ["-eo", "pgid=,stat="], { encoding: "utf8" });
  return stdout.split("\n").some((line) => {
    const [pgid, state] = line.trim().split(/\s+/);
    return Number(pgid) === group && !state?.startsWith("Z");
  });
}

function endWithThisProcess(): void {
  if (isWatching) return;
  isWatching = true;
  const endAll = () => {
    for (const group of alive) signal(group);
  };
  process.once("exit", endAll);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => {
      endAll();
      process.kill(process.pid, name); // nobody listens any more: it takes its usual effect
    });
  }
}
