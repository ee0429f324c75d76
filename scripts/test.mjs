// Everything that must hold, in one command. The last line counts what ran: each test, and each other step as one.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";

const report = (script) => `.tmp/${script}.json`;
const vitest = (script) => ({
  args: ["--", "--reporter=default", "--reporter=json", `--outputFile.json=${report(script)}`],
  count: vitestCounts,
});

const steps = [
  { name: "format and lint", script: "lint" },
  { name: "types", script: "types" },
  { name: "unused code", script: "unused" },
  { name: "docs examples", script: "docs:check" },
  { name: "unit tests", script: "unit", ...vitest("unit") },
  { name: "build", script: "build", args: ["--", "--silent"] },
  { name: "package", script: "package", needs: "build" },
  { name: "size", script: "size", needs: "build" },
  { name: "runtimes", script: "runtimes", needs: "build", count: runtimeCounts },
  { name: "workerd", script: "workerd", ...vitest("workerd") },
  { name: "browsers", script: "browsers", needs: "build", count: runtimeCounts },
  { name: "end to end", script: "e2e", needs: "build", ...vitest("e2e") },
  { name: "adapter table", script: "table", args: ["--", "--check"] },
  { name: "slow tests", script: "slow", ...vitest("slow") },
];

mkdirSync(".tmp", { recursive: true });
const rows = [];
for (const step of steps) rows.push(run(step));

console.table(rows);
const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exitCode = sum("failed") === 0 ? 0 : 1;

function run({ name, script, args = [], needs, count }) {
  if (rows.some((row) => row.step === needs && row.failed > 0)) {
    return { step: name, passed: 0, failed: 1, skipped: 0, seconds: 0 };
  }
  console.log(`\n== ${name} (npm run ${script})`);
  rmSync(report(script), { force: true });
  const start = performance.now();
  const { status } = spawnSync("npm", ["run", "--silent", script, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
  const counted = count?.(report(script)) ?? { passed: status === 0 ? 1 : 0, failed: 0, skipped: 0 };
  if (status !== 0) counted.failed = Math.max(1, counted.failed);
  return { step: name, ...counted, seconds };
}

function vitestCounts(path) {
  return readReport(path, ({ numPassedTests, numFailedTests, numPendingTests, numTodoTests }) => ({
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: numPendingTests + numTodoTests,
  }));
}

function runtimeCounts(path) {
  return readReport(path, ({ passed, failed, skipped }) => ({ passed, failed, skipped }));
}

function readReport(path, pick) {
  try {
    return pick(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    console.error(`no report in ${path}`, error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
