import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const pages = fileURLToPath(new URL("./pages", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Bundled files by the name under which a page asks for them. */
export type Bundle = ReadonlyMap<string, Uint8Array>;

const made = new Map<string, Promise<Bundle>>();

/**
 * Bundles the pages in `pages/` for browsers, once for each process. "keepstate/…" is found through package.json's exports
 * in `dist`, as a program's bundler finds it: what ships is what is tested.
 */
export function bundlePages(names: readonly string[]): Promise<Bundle> {
  const id = names.join();
  const bundle = made.get(id) ?? bundleAnew(names);
  made.set(id, bundle);
  return bundle;
}

async function bundleAnew(names: readonly string[]): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: names.map((name) => `${pages}/${name}.ts`),
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    outdir: "out",
    write: false,
    logLevel: "error",
    // Not the repository's: its paths lead to the sources.
    tsconfigRaw: {},
  });
  return new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
}
