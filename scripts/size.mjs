// What a program loads that says `import { StateManager } from "keepstate"`: the entry and every chunk that it imports
// statically, and apart from them the chunks that are loaded when they are needed. Fails above the budget.
//
//   npm run size               the built package
//   npm run size -- modules    the sources, with each module's share of what is loaded at start
import { basename } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

// Bytes of gzip loaded at start, rounded up to the next quarter of a kB. The goal is 16 kB; docs/decisions/0010-size.md says what
// the rest is.
const BUDGET = 36_250;

// What a program in a browser loads more, for the IndexedDB adapter with idb. Rounded up to the next quarter of a kB.
const BUDGET_INDEXEDDB = 5_250;

const ofModules = process.argv.includes("modules");
const doorOf = (name, source) => `"./${ofModules ? source : `dist/${name}.js`}"`;
const CORE = `export { StateManager } from ${doorOf("index", "src/index.ts")};`;
const INDEXEDDB = `export { indexedDB } from ${doorOf("adapters/indexeddb", "adapters/indexeddb/index.ts")};`;

const core = await load(CORE);
console.table(core.chunks.map(({ name, ...row }) => ({ chunk: labelOf(core, name), ...row })));
if (ofModules) console.table(modulesOf(core));

const start = total(core, "at start");
console.log(
  `at start ${start} bytes of gzip, when needed ${total(core, "when needed")}; budget at start ${BUDGET}`,
);
const more = total(await load(CORE + INDEXEDDB), "at start") - start;
console.log(`with IndexedDB ${start + more}: ${more} more; budget for that ${BUDGET_INDEXEDDB}`);
for (const excess of [start - BUDGET, more - BUDGET_INDEXEDDB].filter((bytes) => bytes > 0)) {
  console.error(`${excess} bytes above the budget`);
  process.exitCode = 1;
}

/** What a bundler makes of a program. */
async function load(contents) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), sourcefile: "program.js" },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: "out",
    metafile: true,
    write: false,
    logLevel: "error",
  });
  const { outputs } = metafile;
  const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === "program.js");
  const atStart = new Set();
  follow(outputs, entry, atStart);
  const chunks = outputFiles.map(({ path, contents }) => {
    const name = Object.keys(outputs).find((output) => basename(output) === basename(path));
    return {
      name,
      loaded: atStart.has(name) ? "at start" : "when needed",
      minified: contents.length,
      gzip: gzipSync(contents, { level: 9 }).length,
    };
  });
  chunks.sort((a, b) => a.loaded.localeCompare(b.loaded) || b.gzip - a.gzip);
  return { outputs, entry, atStart, chunks };
}

function follow(outputs, name, atStart) {
  if (atStart.has(name)) return;
  atStart.add(name);
  for (const { path, kind } of outputs[name].imports)
    if (kind === "import-statement") follow(outputs, path, atStart);
}

function total({ chunks }, loaded) {
  return chunks.reduce((sum, chunk) => sum + (chunk.loaded === loaded ? chunk.gzip : 0), 0);
}

/** The name of a dynamic import's own file; a shared chunk has none, so its largest module stands for it. */
function labelOf({ outputs, entry }, name) {
  if (name === entry) return "entry";
  const { entryPoint, inputs } = outputs[name];
  if (entryPoint !== undefined) return basename(entryPoint);
  const [largest] = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  return largest === undefined ? basename(name) : `shared (${basename(largest[0])})`;
}

function modulesOf({ outputs, atStart }) {
  const rows = [...atStart].flatMap((name) => Object.entries(outputs[name].inputs));
  return rows
    .map(([module, { bytesInOutput }]) => ({ module, minified: bytesInOutput }))
    .filter(({ minified }) => minified > 0)
    .sort((a, b) => b.minified - a.minified);
}
