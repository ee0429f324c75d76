import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = new URL("./sources.mjs", import.meta.url).href;
const MAIN = fileURLToPath(new URL("../../demo/node/main.ts", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** The demo as a process of its own. `onLine` hears each line of its output and may end it. */
export function demo(
  args: readonly string[],
  onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const env = { ...process.env, NO_COLOR: "1", NODE_NO_WARNINGS: "1", INIT_CWD: tmpdir() };
  const child = spawn(process.execPath, ["--import", SOURCES, MAIN, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  let out = "";
  let err = "";
  let told = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    const lines = out.split("\n").slice(0, -1);
    for (const line of lines.slice(told)) onLine?.(line, kill);
    told = lines.length;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, out, err }));
  });
}

/** Made up here, so that no scanner of repositories takes it for a real one. */
export const SECRET = `AKIA${"Q7".repeat(8)}`;
export const ADDRESS = "ada@example.org";

/** A folder with documents; one holds a secret, one an address. Removed at the end. */
export async function workshop() {
  const path = await mkdtemp(join(tmpdir(), "keepstate-demo-test-"));
  const docs = join(path, "docs");
  await mkdir(join(docs, "more"), { recursive: true });
  const words = ["river", "stone", "bridge", "harbour", "lantern", "meadow"];
  const names = ["a", "b", "c", "d", "e", "f", "g", "more/h", "more/i", "more/j"].map((name) => `${name}.md`);
  for (const [at, name] of names.entries()) {
    const own = words.filter((_, n) => (at + n) % 3 !== 0).map((word) => `${word} ${word}.`);
    const extra = at === 3 ? `The key is ${SECRET}.` : at === 5 ? `Write to ${ADDRESS}.` : "";
    await writeFile(join(docs, name), `# About ${name}\n\n${own.join("\n")}\n${extra}\n`);
  }
  return {
    docs,
    names,
    state: (name: string) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}
