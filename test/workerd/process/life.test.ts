import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleProgram } from "./bundle.ts";
import { type Backend, type Report, startNotebook } from "./notebook.ts";

const KILLS = Number(process.env["KEEPSTATE_KILLS"] ?? 5);
const BACKENDS: readonly Backend[] = ["SQL", "KV"];

let folder = "";
let script = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepstate-workerd-"));
  await mkdir(join(folder, "tmp"));
  script = await bundleProgram();
  await writeFile(join(folder, "program.js"), script);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Each acknowledged number once, the others at most once, none by half; entries and journal say the same. */
function expectEachOnce({ entries, mirrored, told }: Report, acknowledged: readonly number[]): void {
  const found = entries.map(({ n }) => n).sort((a, b) => a - b);
  expect(entries.filter(({ isWhole }) => !isWhole)).toEqual([]);
  expect(mirrored).toBe(found.length);
  expect(found).toEqual(expect.arrayContaining([...acknowledged]));
  expect([...told].sort((a, b) => a - b)).toEqual(found);
}

test("an object that is evicted, and a workerd that is started again, between any two requests", async () => {
  const path = join(folder, "restarts");
  const acknowledged: Record<Backend, number[]> = { SQL: [], KV: [] };
  let n = 0;
  for (let round = 0; round < 3; round++) {
    const notebook = await startNotebook(script, path);
    try {
      for (const backend of BACKENDS) {
        await notebook.note(backend, ++n);
        acknowledged[backend].push(n);
        await notebook.evict(backend);
        expectEachOnce(await notebook.report(backend), acknowledged[backend]);
        await notebook.note(backend, ++n);
        acknowledged[backend].push(n);
      }
    } finally {
      await notebook.stop();
    }
  }
});

test(`${KILLS} SIGKILLs of workerd in the middle of writes lose nothing that was acknowledged`, async () => {
  const path = join(folder, "kills");
  const acknowledged: number[] = [];
  let first = 1;
  for (let kill = 1; kill <= KILLS; kill++) {
    const numbers = await killedWriter(path, first);
    expect(numbers.length, `kill ${kill}`).toBeGreaterThan(0);
    acknowledged.push(...numbers);
    first = Math.max(...numbers) + 100; // none of those that were under way is used again
    const notebook = await startNotebook(script, path);
    try {
      for (const [parity, backend] of BACKENDS.entries()) {
        const own = acknowledged.filter((n) => n % 2 === parity);
        expectEachOnce(await notebook.report(backend), own);
      }
    } finally {
      await notebook.stop();
    }
  }
  console.log(`${KILLS} kills: ${acknowledged.length} notes acknowledged, all found, each once`);
});

/** The numbers that were acknowledged before the kill. The writer leads a process group, so that workerd dies with it. */
function killedWriter(path: string, first: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const writer = fileURLToPath(new URL("./writer.ts", import.meta.url));
    const child = spawn(
      process.execPath,
      ["--no-warnings", writer, join(folder, "program.js"), path, String(first)],
      {
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
        env: { ...process.env, TMPDIR: join(folder, "tmp") },
      },
    );
    const { pid } = child;
    let output = "";
    let isCounting = false;
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      output += part;
      if (isCounting || pid === undefined || output.split("\n").length < 20) return;
      isCounting = true;
      setTimeout(() => process.kill(-pid, "SIGKILL"), Math.random() * 150);
    });
    child.on("error", reject);
    child.on("close", () => resolve(output.split("\n").slice(0, -1).map(Number)));
  });
}
