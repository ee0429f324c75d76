import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { StateManager } from "../../src/index.ts";
import { inFolder } from "./process.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const script = at("./life-child.ts");
const own = (name: string) => join(at("../../node_modules/.bin"), name);

const runtimes: Record<string, readonly string[]> = {
  node: [process.execPath],
  bun: [own("bun"), "run"],
  deno: [own("deno"), "run", "-A", "--no-prompt", "--no-code-cache"],
};

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly words: readonly string[];
}

/** Runs a task to its end; sends the signals one after the other once it has said that it is ready. */
function run(runtime: string, task: string, path: string, ...signals: NodeJS.Signals[]): Promise<End> {
  const [command = "", ...args] = runtimes[runtime] ?? [];
  const env = { ...process.env, DENO_DIR: `${path}.deno`, NODE_OPTIONS: "" };
  const child = spawn(command, [...args, script, task, path], { stdio: ["ignore", "pipe", "inherit"], env });
  running.add(child);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    const wasReady = said.includes("ready\n");
    said += part;
    if (!wasReady && said.includes("ready\n")) for (const signal of signals) child.kill(signal);
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, words: said.split("\n").slice(0, -1) });
    });
  });
}

async function stored(path: string): Promise<unknown> {
  const state = await StateManager.open({ storage: filesystem({ path }) });
  const value = state.get("k");
  await state.close();
  return value;
}

describe.each(Object.keys(runtimes))("on %s", (runtime) => {
  test.each(runtime === "node" ? (["SIGTERM", "SIGINT", "SIGHUP"] as const) : (["SIGTERM"] as const))(
    "%s stores what waits, then ends the process as it would have",
    (signal) =>
      inFolder(async (path) => {
        expect(await run(runtime, "wait", path, signal)).toEqual({ code: null, signal, words: ["ready"] });
        expect(await stored(path)).toBe(path);
      }),
  );

  test("a program that has nothing left to do stores what waits, and ends with its own code", () =>
    inFolder(async (path) => {
      expect(await run(runtime, "idle", path)).toEqual({ code: 5, signal: null, words: [] });
      expect(await stored(path)).toBe(path);
    }));

  test("what a listener writes when the program has nothing left to do is stored too, and it ends", () =>
    inFolder(async (path) => {
      expect(await run(runtime, "lastWords", path)).toEqual({ code: 0, signal: null, words: [] });
      expect(await stored(path)).toBe(path.toUpperCase());
    }));

  test("what is written while a signal's flush runs is stored too", () =>
    inFolder(async (path) => {
      expect(await run(runtime, "busy", path, "SIGTERM")).toMatchObject({ signal: "SIGTERM" });
      expect(await stored(path)).toBe(path.toUpperCase());
    }));

  test("what another listener makes of the signal happens, and only that", () =>
    inFolder(async (path) => {
      expect(await run(runtime, "handled", path, "SIGTERM")).toEqual({
        code: 7,
        signal: null,
        words: ["ready", "handled"],
      });
      expect(await stored(path)).toBe(path);
    }));
});

test("also of one that listens once", () =>
  inFolder(async (path) => {
    expect(await run("node", "once", path, "SIGTERM")).toMatchObject({
      code: 7,
      words: ["ready", "handled"],
    });
    expect(await stored(path)).toBe(path);
  }));

test("listeners that only yield to others are no reason to stay", () =>
  inFolder(async (path) => {
    expect(await run("node", "yields", path, "SIGTERM")).toMatchObject({ signal: "SIGTERM" });
    expect(await stored(path)).toBe(path);
  }));

test("all stores of the process are stored before one signal is passed on", () =>
  inFolder(async (path) => {
    expect(await run("node", "two", path, "SIGTERM")).toMatchObject({ signal: "SIGTERM" });
    expect(await stored(`${path}/a`)).toBe(`${path}/a`);
    expect(await stored(`${path}/b`)).toBe(`${path}/b`);
  }));

test("a second signal does not wait for a disk that does not answer", () =>
  inFolder(async (path) => {
    const { signal } = await run("node", "stuck", path, "SIGINT", "SIGTERM");
    expect(["SIGINT", "SIGTERM"]).toContain(signal);
  }));

test("a disk that fails is told and does not keep the program from ending", () =>
  inFolder(async (path) => {
    const { code, words } = await run("node", "fails", path);
    expect(code).toBe(0);
    expect(words.filter((word) => word.startsWith("flush.failed")).length).toBeGreaterThan(0);
  }));

test("listens only while a buffered store is open", () =>
  inFolder(async (path) => {
    const words = ["0,0,0,0 1,1,1,1 1,1,1,1 0,0,0,0"];
    expect(await run("node", "closed", path)).toEqual({ code: 0, signal: null, words });
  }));
