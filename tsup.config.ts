import { defineConfig } from "tsup";
import { oneLaterChunk } from "./scripts/later.ts";

/** One entry for each subpath in package.json's exports. */
const doors = {
  index: "src/index.ts",
  adapter: "src/adapter.ts",
  testing: "src/testing.ts",
  agents: "src/agents.ts",
  react: "src/react.ts",
  config: "src/config.ts",
  routing: "src/routing.ts",
  edge: "src/edge.ts",
  "adapters/memory": "adapters/memory/index.ts",
  "adapters/filesystem": "adapters/filesystem/index.ts",
  "adapters/filesystem-browser": "adapters/filesystem/browser.ts",
  "adapters/localforage": "adapters/localforage/index.ts",
  "adapters/indexeddb": "adapters/indexeddb/index.ts",
  "adapters/durable-object": "adapters/durable-object/index.ts",
  "adapters/cloudflare-kv": "adapters/cloudflare-kv/index.ts",
};

export default defineConfig({
  entry: doors,
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  // The package names its own doors where a bundler must choose by the export conditions of its target.
  external: [/^node:/, /^cloudflare:/, /^keepstate\//],
  // Shared chunks in both formats: an error thrown by one door is an instance of the other door's class.
  splitting: true,
  esbuildPlugins: [oneLaterChunk("src", "src/open.ts")],
  treeshake: false,
  // What only the engine calls on a public object is left out of the declarations. What they need beyond ES2022 they ask for
  // themselves, because a page's project seldom names it.
  dts: { banner: '/// <reference lib="esnext.disposable" />', compilerOptions: { stripInternal: true } },
  sourcemap: true,
  clean: true,
});
