import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Names of Node and of documents that a Worker has not. Where a program reads one of them, the bundle says so. */
const FOREIGN = [
  "window",
  "document",
  "localStorage",
  "location",
  "process",
  "Buffer",
  "require",
  "__dirname",
  "global",
];

/**
 * Bundles a module that stands beside the program, as a bundler for Workers does. Rejects where anything but the
 * platform's own modules is imported; a foreign global comes out as `foreign_<name>`.
 */
export async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, loader: "ts", resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    // Replaces free names only: neither properties, nor texts, nor what the program declares itself.
    define: Object.fromEntries(FOREIGN.map((name) => [name, `foreign_${name}`])),
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

export function bundleProgram(): Promise<string> {
  return bundle('export * from "./program.ts"; export { default } from "./program.ts";');
}
