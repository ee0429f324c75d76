import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesystem } from "../../../adapters/filesystem/index.ts";
import { agent, custom, type Revision, StateManager } from "../../../src/index.ts";

const KILLS = Number(process.env["KEEPSTATE_KILLS"] ?? 30);
const WRITER = new URL("./writer.ts", import.meta.url).pathname;

let path = "";
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), "keepstate-kill-"));
});
afterAll(() => rm(path, { recursive: true, force: true }));

/** Lets a writer work for a random while, kills it, and tells the last number it acknowledged. */
function killedWriter(): Promise<{ acknowledged: number; from: number; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--no-warnings", WRITER, path], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    let isCounting = false;
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (isCounting || !output.includes("open ")) return;
      isCounting = true;
      setTimeout(() => child.kill("SIGKILL"), Math.random() * 150);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", () => {
      const lines = output.split("\n").slice(0, -1); // a line that was cut is no acknowledgement
      const numbers = lines.filter((line) => line.startsWith("ack ")).map((line) => Number(line.slice(4)));
      const from = Number(lines.find((line) => line.startsWith("open "))?.slice(5));
      resolve({ acknowledged: Math.max(from, ...numbers), from, errors });
    });
  });
}

test(
  `${KILLS} random SIGKILLs lose no acknowledged commit and leave no half one`,
  async () => {
    let before: Revision | undefined;
    let expected = 0;
    const totals = { acknowledged: 0, found: 0, changes: 0 };
    for (let kill = 1; kill <= KILLS; kill++) {
      const { acknowledged, from, errors } = await killedWriter();
      expect(errors, `the writer of kill ${kill} failed`).toBe("");
      expect(from, `kill ${kill}: the writer opened an older state`).toBe(expected);
      const state = await StateManager.open({ storage: filesystem({ path }) });
      const n = ((await state.read(agent("counter"), "n")) as number | undefined) ?? 0;
      expect(n, `kill ${kill}: an acknowledged commit is gone`).toBeGreaterThanOrEqual(acknowledged);
      expect((await state.read(custom("mirror"), "n")) ?? 0, `kill ${kill}: half a commit`).toBe(n);
      const log = await state.agent("log");
      for (let i = Math.max(1, n - 39); i <= n; i++) {
        const entry = log.get(`k${i % 40}`) as { n: number; pad: string } | undefined;
        expect(entry?.n, `kill ${kill}: k${i % 40}`).toBe(i);
        expect(entry?.pad.length).toBe(i % 17 === 0 ? 20_000 : i % 300);
      }
      const told = await numbersSince(state, before ?? "0".repeat(26), (n - expected) * 3);
      expect(told, `kill ${kill}: the journal tells each commit once, in order`).toEqual(
        Array.from({ length: n - expected }, (_, i) => expected + i + 1),
      );
      before = state.headRevision;
      totals.acknowledged += acknowledged - expected;
      totals.found += n - expected;
      totals.changes += (n - expected) * 3;
      expected = n;
      await state.close();
    }
    console.log(
      `${KILLS} kills: ${totals.acknowledged} commits acknowledged, ${totals.found} found, ${totals.changes} changes in the journal, 0 lost, 0 halves`,
    );
    expect(totals.found).toBeGreaterThan(0);
  },
  KILLS * 4000 + 20_000,
);

async function numbersSince(
  state: Awaited<ReturnType<typeof StateManager.open>>,
  from: string,
  count: number,
): Promise<unknown[]> {
  const numbers: unknown[] = [];
  if (count === 0) return numbers;
  let seen = 0;
  for await (const { data } of state.events.since(from)) {
    const change = data as { scope: string; newValue: unknown };
    if (change.scope === "agent:counter") numbers.push(change.newValue);
    if (++seen === count) break;
  }
  return numbers;
}
