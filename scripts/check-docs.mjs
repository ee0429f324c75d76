// Type-checks every ```ts and ```tsx block of README.md, CONTRIBUTING.md and docs/ against the sources.
//
// Each block is a module of its own. What it takes for granted is declared in a hidden comment right above it:
//
//   <!-- preamble
//   declare const run: string;
//   -->
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const root = resolve(import.meta.dirname, "..");
const fence = /(?:<!-- preamble\n([\s\S]*?)-->\s*\n)?^([ \t]*)(`{3,})([^\n`]*)\n([\s\S]*?)^\2\3[ \t]*$/gm;

const pages = ["README.md", "CONTRIBUTING.md", ...markdownIn("docs")].filter((page) =>
  existsSync(join(root, page)),
);
const complaints = [];
const blocks = new Map(pages.flatMap((page) => blocksOf(page)));
complaints.push(...typeErrors());

for (const complaint of complaints) console.error(complaint);
console.log(`docs examples: ${blocks.size} blocks in ${pages.length} pages, ${complaints.length} failed`);
process.exitCode = complaints.length === 0 ? 0 : 1;

function markdownIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  const names = readdirSync(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith(".md")).map((name) => `${folder}/${name}`);
}

/** [name of a file that does not exist, the block] */
function blocksOf(page) {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(fence)].flatMap((match) => {
    const [whole, preamble = "", , , language, body] = match;
    const first = lineAt(text, match.index + whole.length) - body.split("\n").length + 1;
    if (!/^\s*(?:ts|tsx|typescript)\b/.test(language)) return [];
    const suffix = language.trim();
    if (suffix !== "ts" && suffix !== "tsx") {
      complaints.push(
        `${page}:${first - 1} says "${suffix}": write plain ts or tsx, every example is checked`,
      );
      return [];
    }
    const before = `export {};\n${preamble}`;
    const block = { page, text: before + body, shift: first - before.split("\n").length };
    return [[join(root, `docs-example-${page.replaceAll(/\W/g, "-")}-${first}.${suffix}`), block]];
  });
}

function lineAt(text, index) {
  return text.slice(0, index).split("\n").length;
}

function typeErrors() {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  options.jsx = ts.JsxEmit.ReactJSX;
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => blocks.has(name) || fileExists(name);
  host.readFile = (name) => blocks.get(name)?.text ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const block = blocks.get(name);
    if (block === undefined) return getSourceFile(name, ...rest);
    return ts.createSourceFile(name, block.text, options.target, true);
  };
  const program = ts.createProgram([...blocks.keys()], options, host);
  return [...blocks].flatMap(([name, block]) => {
    const source = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((one) => {
      const line = source.getLineAndCharacterOfPosition(one.start ?? 0).line + 1 + block.shift;
      return `${block.page}:${line} ${ts.flattenDiagnosticMessageText(one.messageText, "\n  ")}`;
    });
  });
}
