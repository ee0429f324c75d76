// Writes README's table of adapters from what the last tests found, between its two markers.
//
//   npm run table              writes it
//   npm run table -- --check   fails if it says something else than what ran
//
// The results are those of `npm test`: .tmp/runtimes.json, .tmp/browsers.json and .tmp/workerd.json.
import { readFileSync, writeFileSync } from "node:fs";

const README = "README.md";
const MARKERS = ["<!-- adapters -->\n", "<!-- /adapters -->"];

/** What no test can say, and under which names the tests know each adapter. */
const ADAPTERS = [
  {
    name: "memory",
    tested: ["memory"],
    durability: "`none`",
    writers: "any number in one process",
  },
  {
    name: "filesystem",
    tested: ["filesystem"],
    durability: "`power`",
    writers: "one, by a lock; any number of read-only openings beside it",
  },
  {
    name: "indexeddb",
    tested: ["indexeddb, relaxed", "indexeddb, strict"],
    durability: "`process`; `power` with `strict`",
    writers: "any number of tabs and workers",
  },
  {
    name: "localforage",
    note: "on IndexedDB",
    tested: ["localforage on IndexedDB"],
    durability: "`process`",
    writers: "any number of tabs and workers, by Web Locks",
  },
  {
    name: "localforage",
    note: "on localStorage",
    tested: ["localforage on localStorage"],
    durability: "`none`",
    writers: "one, which vouches for it",
  },
  {
    name: "durable-object",
    tested: ["Durable Object, SQL", "Durable Object, KV"],
    durability: "`gated`",
    writers: "any number in the object",
  },
  {
    name: "cloudflare-kv",
    tested: ["Cloudflare KV"],
    durability: "`power`, *eventually consistent*",
    writers: "one, which vouches for it; any number of read-only openings",
  },
];

/** Names of runtimes as they are written, in the order of the table. The versions are in the tests' output. */
const RUNTIMES = {
  node: "Node",
  bun: "Bun",
  deno: "Deno",
  chromium: "Chromium",
  firefox: "Firefox",
  webkit: "WebKit",
  workerd: "workerd",
};

const results = [...own("runtimes"), ...own("browsers"), ...ofVitest("workerd")];
const known = new Set(ADAPTERS.flatMap(({ tested }) => tested));
for (const { adapter, runtime, failed } of results) {
  if (!known.has(adapter)) fail(`${adapter} was tested and is not in the table: add it to scripts/table.mjs`);
  if (RUNTIMES[runtime] === undefined) fail(`the runtime ${runtime} has no name in scripts/table.mjs`);
  if (failed > 0) fail(`${adapter} fails in ${runtime}: no table is made of that`);
}

const text = readFileSync(README, "utf8");
const [start, end] = [text.indexOf(MARKERS[0]), text.indexOf(MARKERS[1])];
if (start === -1 || end < start) fail(`${README} lacks the markers ${MARKERS.join(" … ").replace("\n", "")}`);
const updated = text.slice(0, start) + MARKERS[0] + table() + text.slice(end);
if (updated === text) console.log("README's table of adapters says what ran");
else if (process.argv.includes("--check")) {
  console.log(table());
  fail("README's table of adapters does not say what ran: npm run table");
} else writeFileSync(README, updated);

function table() {
  const rows = ADAPTERS.map(({ name, note, tested, durability, writers }) => {
    const cells = [
      note === undefined ? name : `${name}, ${note}`,
      `\`keepstate/adapters/${name}\``,
      durability,
      writers,
      verdict(tested),
    ];
    return `| ${cells.join(" | ")} |\n`;
  });
  return `
| adapter | import | durability | writers at a time | passes the conformance suite in |
|---|---|---|---|---|
${rows.join("")}
`;
}

/** `61 of 66 in Node, Bun`; where runtimes differ, one part for each. What is left out is ruled out by capabilities. */
function verdict(tested) {
  const runtimes = new Map();
  for (const adapter of tested) {
    const found = results.filter((one) => one.adapter === adapter);
    if (found.length === 0) fail(`there is no result for ${adapter}`);
    for (const { runtime, passed, skipped } of found) {
      const count = `${passed} of ${passed + skipped}`;
      runtimes.set(count, (runtimes.get(count) ?? new Set()).add(runtime));
    }
  }
  return [...runtimes]
    .map(([count, names]) => {
      const inOrder = Object.keys(RUNTIMES).filter((name) => names.has(name));
      return `${inOrder.map((name) => RUNTIMES[name]).join(", ")}: ${count} cases`;
    })
    .sort()
    .join("; ");
}

function own(script) {
  return read(script).adapters.map((row) => ({
    ...row,
    skipped: Array.isArray(row.skipped) ? row.skipped.length : row.skipped,
  }));
}

/** Suites that were made with `describeStore`, or are named as it names them. */
function ofVitest(script) {
  const suites = new Map();
  for (const { ancestorTitles, status } of read(script).testResults.flatMap(
    (file) => file.assertionResults,
  )) {
    const [, adapter] = ancestorTitles.join(" ").match(/^(.+): store conformance$/) ?? [];
    if (adapter === undefined) continue;
    const row = suites.get(adapter) ?? { runtime: script, adapter, passed: 0, failed: 0, skipped: 0 };
    suites.set(adapter, row);
    if (status === "passed") row.passed++;
    else if (status === "failed") row.failed++;
    else row.skipped++;
  }
  return [...suites.values()];
}

function read(script) {
  try {
    return JSON.parse(readFileSync(`.tmp/${script}.json`, "utf8"));
  } catch (error) {
    return fail(`no results in .tmp/${script}.json (${error.message}): npm test makes them`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
