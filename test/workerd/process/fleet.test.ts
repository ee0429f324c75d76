/** Many agents, each in an object of its own, and a workerd that is killed in the middle. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "./bundle.ts";
import { startFleet } from "./fleet.ts";

const SETS = process.env["KEEPSTATE_THOROUGH"] ? 2_000 : 400;
const AGENTS = Array.from({ length: 20 }, (_, i) => `agent-${i}`);
const owner = (n: number) => AGENTS[n % AGENTS.length] ?? "";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepstate-fleet-"));
  await mkdir(join(folder, "tmp"));
  const script = await bundle(
    'export { Fleet } from "./fleet-program.ts"; export { default } from "./fleet-program.ts";',
  );
  await writeFile(join(folder, "program.js"), script);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * Sets these numbers in a process group of its own, which is killed as soon as `most` were acknowledged. Resolves with the
 * acknowledged ones.
 */
async function write(numbers: readonly number[], most: number): Promise<number[]> {
  const plan = Object.fromEntries(AGENTS.map((id) => [id, numbers.filter((n) => owner(n) === id)]));
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
  const writer = fileURLToPath(new URL("./fleet-writer.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--no-warnings", writer, join(folder, "program.js"), join(folder, "data"), join(folder, "plan.json")],
      {
        stdio: ["ignore", "pipe", "inherit"],
        detached: true,
        env: { ...process.env, TMPDIR: join(folder, "tmp") },
      },
    );
    let output = "";
    let isKilled = false;
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      output += part;
      if (isKilled || child.pid === undefined || output.split("\n").length <= most) return;
      isKilled = true;
      process.kill(-child.pid, "SIGKILL");
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (!isKilled && code !== 0) reject(new TypeError(`the writer ended with ${code}`));
      else resolve(output.split("\n").slice(0, -1).map(Number));
    });
  });
}

test(`${SETS} sets on ${AGENTS.length} agents at once outlive a SIGKILL of workerd, each once`, async () => {
  const all = Array.from({ length: SETS }, (_, n) => n);
  const before = await write(all, SETS / 2);
  expect(before.length).toBeGreaterThanOrEqual(SETS / 2);
  expect(before.length).toBeLessThan(SETS);

  const fleet = await startFleet(await readFile(join(folder, "program.js"), "utf8"), join(folder, "data"));
  const found = new Set<number>();
  try {
    for (const id of AGENTS) {
      const { entries, told } = await fleet.report(id);
      expect(entries.filter(([agent, n]) => agent !== id || owner(n) !== id)).toEqual([]);
      expect(told.map(([, n]) => n).sort()).toEqual(entries.map(([, n]) => n).sort());
      for (const [, n] of entries) found.add(n);
    }
  } finally {
    await fleet.stop();
  }
  expect(before.filter((n) => !found.has(n))).toEqual([]);

  const acknowledged = new Set(before);
  const left = all.filter((n) => !acknowledged.has(n));
  expect(await write(left, Number.POSITIVE_INFINITY)).toHaveLength(left.length);

  const again = await startFleet(await readFile(join(folder, "program.js"), "utf8"), join(folder, "data"));
  try {
    const reports = await Promise.all(AGENTS.map((id) => again.report(id)));
    reports.forEach(({ entries, told }, i) => {
      const expected = all.filter((n) => owner(n) === AGENTS[i]).map((n) => [AGENTS[i], n]);
      const sorted = (list: typeof told) => [...list].sort(([, a], [, b]) => a - b);
      expect(sorted(entries)).toEqual(expected);
      expect(sorted(told)).toEqual(expected);
    });
  } finally {
    await again.stop();
  }
  console.log(
    `${before.length} of ${SETS} sets acknowledged before the kill, ${found.size} found after it, ${SETS} in the end, each once`,
  );
});
