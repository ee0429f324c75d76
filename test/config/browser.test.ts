import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import config from "../../tsup.config.ts";

let folder = "";

/** The package as it is built and published, but for types and for doors that are not asked for. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepstate-bundle-"));
  const target = join(folder, "node_modules", "keepstate");
  await mkdir(target, { recursive: true });
  await writeFile(join(target, "package.json"), JSON.stringify(manifest));
  if (typeof config === "function" || Array.isArray(config)) throw new TypeError("one build was expected");
  const doors = Object.entries(config.entry ?? {}).filter(([door]) =>
    /^(index|config|adapters\/)/.test(door),
  );
  const external = (config.external ?? []).filter((one) => one instanceof RegExp);
  await build({
    entryPoints: Object.fromEntries(doors),
    outdir: join(target, "dist"),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    logLevel: "silent",
    external: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    plugins: [
      {
        name: "external",
        setup: ({ onResolve }) =>
          external.forEach((filter) => void onResolve({ filter }, ({ path }) => ({ path, external: true }))),
      },
      ...(config.esbuildPlugins ?? []),
    ],
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function bundle(program: string, options: BuildOptions = {}) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: program, resolveDir: folder },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "browser",
    ...options,
    outdir: join(folder, "out"),
    nodePaths: [join(process.cwd(), "node_modules")],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const text = outputFiles.map((file) => file.text).join("\n");
  return { inputs: Object.keys(metafile.inputs), outputs: Object.values(metafile.outputs), text };
}

const PROGRAM = `
  import { createBackend } from "keepstate/config";
  globalThis.backend = createBackend({ type: "indexeddb", name: "app" });
`;

test("a browser's bundle of keepstate/config has nothing of Node in it", async () => {
  const { inputs, text } = await bundle(PROGRAM);
  expect(inputs.some((path) => path.includes("dist/adapters/indexeddb"))).toBe(true);
  expect(inputs.some((path) => path.endsWith("dist/adapters/filesystem.js"))).toBe(false);
  expect(text).not.toMatch(/["'`]node:/);
});

test("adapters are loaded when they are named: none is part of what is loaded at start", async () => {
  const { outputs } = await bundle(PROGRAM);
  const entry = outputs.find(({ entryPoint }) => entryPoint === "<stdin>");
  const atStart = Object.keys(entry?.inputs ?? {});
  expect(atStart.some((path) => path.includes("dist/config"))).toBe(true);
  expect(atStart.filter((path) => /adapters\/|node_modules\/(idb|localforage)\//.test(path))).toEqual([]);
});

test("for Node the same program gets the adapter that works on files", async () => {
  const { inputs } = await bundle(PROGRAM, { platform: "node" });
  expect(inputs.some((path) => path.endsWith("dist/adapters/filesystem.js"))).toBe(true);
});

test("what a browser gets for the filesystem adapter says why it cannot be", async () => {
  const program = `export { filesystem } from "keepstate/adapters/filesystem";`;
  const { text } = await bundle(program, { splitting: false, minify: true });
  const { filesystem } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  await expect(filesystem({ path: "x" }).open({ readOnly: false })).rejects.toMatchObject({
    code: "unsupported",
  });
});
