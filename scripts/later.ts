import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";

const LAZY = /\blazy\([^)]*\(\) =>\s*import\("([^"]+)"\)/g;
const EXPORTED = /^export (?:async )?(?:function\*?|const|class) (\w+)/gm;

/**
 * An esbuild plugin: all modules that the sources import by `lazy` become one, so that there is one chunk to load later.
 * With a chunk for each, bundlers cut what is loaded at start into as many pieces as there are sets of chunks that share
 * something with it: 17 files instead of a few, and a tenth more bytes. `start` is the module that reaches all that is
 * loaded at start: named here as well, all of it is shared with the later chunk and so stays in one piece too.
 */
export function oneLaterChunk(folder: string, start: string): Plugin {
  return {
    name: "one-later-chunk",
    setup(build) {
      const modules = lazyModules(resolve(folder));
      const all = [...modules, resolve(start)];
      refuseTwins(all);
      build.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) =>
        kind === "dynamic-import" && modules.includes(resolve(resolveDir, path))
          ? { path: "later", namespace: "later" }
          : undefined,
      );
      build.onLoad({ filter: /^later$/, namespace: "later" }, () => ({
        contents: all.map((path) => `export * from ${JSON.stringify(path)};`).join("\n"),
        resolveDir: folder,
      }));
    },
  };
}

function lazyModules(folder: string): string[] {
  const modules = new Set<string>();
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".ts")) continue;
    const path = join(folder, entry);
    for (const [, specifier = ""] of readFileSync(path, "utf8").matchAll(LAZY))
      modules.add(resolve(dirname(path), specifier));
  }
  return [...modules].sort();
}

/** Of two exports of one name neither would be there. */
function refuseTwins(modules: readonly string[]): void {
  const owners = new Map<string, string>();
  for (const path of modules) {
    for (const [, name = ""] of readFileSync(path, "utf8").matchAll(EXPORTED)) {
      if (owners.has(name))
        throw new Error(`${name} is exported by ${owners.get(name)} and ${path}: rename one`);
      owners.set(name, path);
    }
  }
}
