// Preloaded into the demo's process: "keepstate/…" means the sources here, never a stale build.
import { registerHooks } from "node:module";

const root = new URL("../../", import.meta.url);

function sourceOf(specifier) {
  const [, name] = /^keepstate(?:\/(.+))?$/.exec(specifier) ?? [];
  if (name?.startsWith("adapters/")) return `${name}/index.ts`;
  return `src/${name ?? "index"}.ts`;
}

registerHooks({
  resolve: (specifier, context, next) =>
    next(/^keepstate(\/|$)/.test(specifier) ? new URL(sourceOf(specifier), root).href : specifier, context),
});
