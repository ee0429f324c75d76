import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { importCycles, layerViolations } from "./architecture/layers.ts";
import { readSources, type SourceFile } from "./architecture/sources.ts";
import {
  anyTypes,
  bareErrors,
  doubleCasts,
  emptyCatches,
  innerBarrels,
  lines,
  silencedCompiler,
  tooLong,
} from "./architecture/style.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const present = (folders: string[]) => folders.filter((folder) => existsSync(`${root}/${folder}`));
const library = readSources(root, present(["src", "adapters"]));
const all = [...library, ...readSources(root, present(["demo", "bench"]))];

const file = (path: string, text: string): SourceFile => ({ path, text });
const imports = (from: string, specifier: string, kind = "import") => [
  file(from, `${kind} { x } from "${specifier}";`),
];

describe("the repository", () => {
  test("is there to be looked at", () => expect(library.length).toBeGreaterThan(0));
  test("imports downward and through the right door", () => expect(layerViolations(library)).toEqual([]));
  test("has no import cycle", () => expect(importCycles(all)).toEqual([]));
  test("has no inner barrel", () => expect(innerBarrels(all)).toEqual([]));
  test("has no file too long to read", () => expect(tooLong(all)).toEqual([]));
  test("has no any", () => expect(anyTypes(all)).toEqual([]));
  test("has no double cast", () => expect(doubleCasts(all)).toEqual([]));
  test("never silences the compiler", () => expect(silencedCompiler(all)).toEqual([]));
  test("names its errors", () => expect(bareErrors(library)).toEqual([]));
  test("swallows no error", () => expect(emptyCatches(all)).toEqual([]));
  test("reports its median length", () => {
    const sorted = library.map(lines).sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)];
    console.log(`lines a file: median ${at(0.5)} (aim 80), p90 ${at(0.9)} (aim 250), files ${sorted.length}`);
  });
});

describe("the layer rule refuses", () => {
  const refused: [why: string, from: string, specifier: string][] = [
    ["store in ground", "src/ground/key.ts", "../store/store.ts"],
    ["journal in store", "src/store/guard.ts", "../journal/pages.ts"],
    ["the face in the journal", "src/journal/append.ts", "../open.ts"],
    ["a layer-4 part in the face", "src/open.ts", "./history/timeline.ts"],
    ["a door inside", "src/state/view.ts", "../index.ts"],
    ["an adapter inside", "src/open.ts", "../adapters/memory/index.ts"],
    ["an adapter other than memory in the core door", "src/index.ts", "../adapters/filesystem/index.ts"],
    ["another part in a part", "src/replay/run.ts", "../history/timeline.ts"],
    ["the engine's inside in a part", "src/history/timeline.ts", "../state/lane.ts"],
    ["the store's code in a part", "src/backup/write.ts", "../store/guard.ts"],
    ["the state in testing", "src/testing/model.ts", "../state/lane.ts"],
    ["a file instead of a door in layer 5", "src/react/use-state.ts", "../state-manager.ts"],
    ["the inside of keepstate in an adapter", "adapters/memory/index.ts", "../../src/store/store.ts"],
    ["an adapter in an adapter", "adapters/memory/index.ts", "../filesystem/index.ts"],
    ["Node in the memory adapter", "adapters/memory/index.ts", "node:fs"],
    ["Node in the core", "src/state/lane.ts", "node:fs"],
    ["a package in the core", "src/state/lane.ts", "zod"],
  ];
  test.each(refused)("%s", (_, from, specifier) => {
    for (const kind of ["import", "import type", "export"]) {
      if (kind === "import type" && specifier === "../store/guard.ts") continue;
      expect(layerViolations(imports(from, specifier, kind))).toHaveLength(1);
    }
  });
  test("dynamic imports and import types too", () => {
    const sneaky = `const a = await import("../state/lane.ts"); type B = import("../state/lane.ts").B;`;
    expect(layerViolations([file("src/ground/a.ts", sneaky)])).toHaveLength(2);
  });
  test("a file in no layer", () => expect(layerViolations([file("src/utils/a.ts", "")])).toHaveLength(1));
});

test.each([
  ["src/index.ts", "../adapters/memory/index.ts"],
  ["src/open.ts", "./journal/append.ts"],
  ["src/state/lane.ts", "../hooks/run.ts"],
  ["src/agents/agent.ts", "../internal.ts"],
  ["src/agents/agent.ts", "../index.ts"],
  ["src/testing/conformance.ts", "../store/store.ts"],
  ["src/ground/codec.ts", "superjson"],
  ["src/react/use-state.ts", "../index.ts"],
  ["adapters/filesystem/index.ts", "../shared/chunks.ts"],
  ["adapters/filesystem/index.ts", "../../src/adapter.ts"],
  ["adapters/filesystem/log.ts", "node:fs/promises"],
])("the layer rule lets %s import %s", (from, specifier) => {
  expect(layerViolations(imports(from, specifier))).toEqual([]);
});

describe("each rule can fail", () => {
  test("cycles, of types as well", () => {
    const cycle = [
      ...imports("src/state/a.ts", "./b.ts"),
      ...imports("src/state/b.ts", "./c.ts", "import type"),
      ...imports("src/state/c.ts", "./a.ts", "export"),
    ];
    expect(importCycles(cycle)).toEqual([
      "src/state/a.ts → src/state/b.ts → src/state/c.ts → src/state/a.ts",
    ]);
    expect(importCycles(cycle.slice(1))).toEqual([]);
  });
  const bad: [name: string, rule: typeof tooLong, text: string, fine: string][] = [
    ["inner barrels", innerBarrels, `export { a } from "./a.ts";`, "export const a = 1;"],
    ["length", tooLong, "x;\n".repeat(301), "x;\n".repeat(300)],
    ["any as a type", anyTypes, "let a: any;", "let any: unknown; // any"],
    ["any as a cast", anyTypes, "f(a as any);", "f(a as string);"],
    ["any in a generic", anyTypes, "let a: Map<string, any[]>;", "let a: Map<string, unknown[]>;"],
    ["double casts", doubleCasts, "a as unknown as B;", "a as B;"],
    ["double casts in parentheses", doubleCasts, "(a as unknown) as B;", "(a) as B;"],
    ["ts-ignore", silencedCompiler, "// @ts-ignore\nf();", "// ignored\nf();"],
    ["ts-nocheck", silencedCompiler, "// @ts-nocheck\nf();", "f();"],
    ["new Error", bareErrors, `throw new Error("x");`, `throw new TypeError("x");`],
    ["Error without new", bareErrors, `throw Error("x");`, `throw new StateError("invalid", "x");`],
    ["empty catch", emptyCatches, "try { f(); } catch {}", "try { f(); } catch (e) { tell(e); }"],
    ["a catch of comments", emptyCatches, "try { f(); } catch { /* fine */ }", "f();"],
    ["a swallowed rejection", emptyCatches, "p.catch(() => {});", "p.catch(() => { /* awaited below */ });"],
  ];
  test.each(bad)("%s", (_, rule, text, fine) => {
    expect(rule([file("src/state/a.ts", text)])).toHaveLength(1);
    expect(rule([file("src/state/a.ts", fine)])).toEqual([]);
  });
  test("a bare Error is allowed in ground only", () => {
    expect(bareErrors([file("src/ground/error.ts", `throw new Error("x");`)])).toEqual([]);
    expect(bareErrors([file("adapters/memory/index.ts", `throw new Error("x");`)])).toHaveLength(1);
  });
});
