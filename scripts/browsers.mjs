// Runs the store conformance suite in Chromium, Firefox and WebKit, against the built package, for each adapter that a
// browser can have. The three run side by side. The results go to .tmp/browsers.json and into README's table.
import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { freemem, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { engines } from "../test/browser/engines/all.ts";
import { servePages } from "../test/browser/server.ts";
import { ensureBrowsers } from "./ensure-browsers.mjs";

/** What one browser takes at most, so that a small machine runs them one after the other. */
const BROWSER_BYTES = 1.5 * 2 ** 30;
const SUITE_MS = 240_000;
const PAGE = "conformance";
const folder = resolve(import.meta.dirname, "..", ".tmp");

ensureBrowsers();
const server = await servePages([PAGE]);
const results = await inParallel(engines, Math.max(1, Math.floor(freemem() / BROWSER_BYTES)), conformanceIn);
server.close();

const rows = results.flat();
console.table(rows.map(({ skipped, ...row }) => ({ ...row, skipped: skipped.length })));
const failures = server.failures.map((message) => `an error that no page caught: ${message}`);
for (const failure of failures) console.error(failure);
const total = {
  passed: sum(rows.map((row) => row.passed)),
  failed: sum(rows.map((row) => row.failed)) + failures.length,
  skipped: sum(rows.map((row) => row.skipped.length)),
};
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "browsers.json"), JSON.stringify({ ...total, adapters: rows }, null, 1));
console.log(`browsers: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** One row for the platform and one for each adapter. A browser that cannot be driven is one failed row. */
async function conformanceIn(engine) {
  const profile = await mkdtemp(join(tmpdir(), `keepstate-${engine.name}-`));
  const row = {
    runtime: engine.name,
    version: "",
    adapter: "",
    passed: 0,
    failed: 0,
    skipped: [],
    seconds: 0,
  };
  const done = [];
  let browser;
  try {
    browser = await engine.launch(profile);
    row.version = browser.version;
    const tab = await browser.open(server.page(PAGE));
    const lacks = Object.entries(await tab.evaluate("platform()")).filter(([, has]) => !has);
    for (const [what] of lacks) console.error(`${engine.name} has no ${what} of its own`);
    row.failed = lacks.length;
    for (const adapter of await tab.evaluate("fixtures")) {
      const start = performance.now();
      const result = await tab.evaluate(`conformance(${JSON.stringify(adapter)})`, SUITE_MS);
      const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
      for (const { name, message } of result.failed) {
        console.error(`FAILED   ${engine.name}, ${adapter}: ${name}: ${message}`);
      }
      const { durability, passed, skipped } = result;
      // Green without a single test is red: nothing was tried.
      const failed = passed === 0 ? Math.max(1, result.failed.length) : result.failed.length;
      done.push({ ...row, adapter, durability, passed, failed, skipped, seconds });
    }
  } catch (error) {
    console.error(engine.name, error);
    row.failed += 1;
  }
  await browser?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  return row.failed > 0 ? [...done, { ...row, adapter: "(the browser)" }] : done;
}

async function inParallel(items, width, work) {
  const results = [];
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
