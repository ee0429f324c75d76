import { expect, it } from "vitest";
import { bundle, bundleProgram } from "../workerd/process/bundle.ts";

it("keepstate and its Durable Object adapter bundle for Workers without Node and without a document", async () => {
  const text = await bundleProgram();
  expect(text).toContain("keepstate");
  expect([...text.matchAll(/foreign_\w+/g)].map(([name]) => name)).toEqual([]);
  expect([...text.matchAll(/^import .* from "([^"]+)"/gm)].map(([, from]) => from)).toEqual([
    "cloudflare:workers",
  ]);
});

it("would show it", async () => {
  await expect(bundle('export * from "../../adapters/filesystem/index.ts";')).rejects.toThrow("node:");
  expect(await bundle("export const width = window.innerWidth;")).toContain("foreign_window");
});
