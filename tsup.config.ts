import { defineConfig } from "tsup";
import { oneLaterChunk } from "./scripts/later.ts";

/** One entry for each subpath in package.json's exports. */
const doors = {
  index: "src/index.ts",
  adapter: "src/adapter.ts",
  testing: "src/testing.ts",
  agents: "src/agents.ts",
  "adapters/memory": "adapters/memory/index.ts",
  "adapters/filesystem": "adapters/filesystem/index.ts",
};

export default defineConfig({
  entry: doors,
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  external: [/^node:/],
  // Shared chunks in both formats: an error thrown by one door is an instance of the other door's class.
  splitting: true,
  esbuildPlugins: [oneLaterChunk("src", "src/open.ts")],
  treeshake: false,
  dts: true,
  sourcemap: true,
  clean: true,
});
