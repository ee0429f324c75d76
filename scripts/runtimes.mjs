// Runs test/runtimes/*.mjs on every runtime, against the packed package: what `npm publish` would upload.
//
// It is unpacked into a folder of its own, so that only package.json's exports and files decide what is found.
// Each file is run as a program; it exits with 0 and ends with "N passed, N failed" (and may add ", N skipped").
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve, sep } from "node:path";

const root = resolve(import.meta.dirname, "..");
const stage = join(root, ".tmp", "runtimes");
const files = ["smoke.mjs", "later.mjs", "conformance.mjs"];
/** What conformance.mjs says of each adapter; README's table is made of it. */
const ADAPTER_LINE = /^adapter (.+): (\d+) passed, (\d+) failed, (\d+) skipped$/gm;
const binaries = `node_modules${sep}.bin`;

/** npm puts the Node of devDependencies first in the path; users run the one that is installed on the machine. */
const machinePath = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes(binaries) && !folder.includes("node-gyp-bin"))
  .join(delimiter);
const own = join(root, "node_modules", ".bin");

const runtimes = [
  { name: "node, the machine's", command: "node", args: [], path: machinePath },
  { name: "node, pinned", command: join(own, "node"), args: [], path: process.env.PATH },
  { name: "bun", command: join(own, "bun"), args: ["run"], path: process.env.PATH },
  {
    name: "deno",
    command: join(own, "deno"),
    args: ["run", "-A", "--no-prompt", "--no-code-cache"],
    path: process.env.PATH,
  },
];

const adapters = [];
unpack();
const rows = runtimes.flatMap((runtime) => files.map((file) => run(runtime, file)));
console.table(rows);
const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
const total = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
writeFileSync(join(root, ".tmp", "runtimes.json"), JSON.stringify({ ...total, adapters }, null, 1));
console.log(`runtimes: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

function unpack() {
  rmSync(stage, { recursive: true, force: true });
  const target = join(stage, "node_modules", "keepstate");
  mkdirSync(target, { recursive: true });
  must("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", stage]);
  const tarball = readdirSync(stage).find((name) => name.endsWith(".tgz"));
  must("tar", ["-xzf", join(stage, tarball), "-C", target, "--strip-components=1"]);
  cpSync(join(root, "test", "runtimes"), stage, { recursive: true });
  writeFileSync(join(stage, "package.json"), '{ "private": true, "type": "module" }\n');
}

function must(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed`, { cause: error });
}

function run({ name, command, args, path }, file) {
  // Deno keeps compiled code by path and time, and packed files all have one time: a cache of its own cannot be stale.
  const env = { ...process.env, PATH: path, DENO_DIR: join(stage, ".deno") };
  const options = { cwd: stage, encoding: "utf8", env };
  const version = spawnSync(command, ["--version"], options).stdout?.match(/\d+\.\d+\.\d+/)?.[0] ?? "missing";
  const row = { runtime: name, version, file, passed: 0, failed: 0, skipped: 0, seconds: 0 };
  console.log(`${file} on ${name} ${version}`);
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, [...args, file], {
    ...options,
    timeout: 240_000,
  });
  row.seconds = Number(((performance.now() - start) / 1000).toFixed(1));
  const last = [...(stdout ?? "").matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)].at(-1);
  if (last !== undefined) [row.passed, row.failed, row.skipped] = last.slice(1).map((n) => Number(n ?? 0));
  for (const [, adapter, ...numbers] of (stdout ?? "").matchAll(ADAPTER_LINE)) {
    const [passed, failed, skipped] = numbers.map(Number);
    adapters.push({ runtime: name.replace(/,.*/, ""), version, adapter, passed, failed, skipped });
  }
  // Green without a single test is red: nothing was tried.
  const red = status !== 0 || row.passed === 0;
  if (red) row.failed = Math.max(1, row.failed);
  if (row.failed > 0) console.error([error?.message, stdout, stderr].filter(Boolean).join("\n"));
  return row;
}
