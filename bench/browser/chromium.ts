/** Runs tasks in pages of a real Chromium, with a profile on disk: an incognito one would keep its databases in memory. */

import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import type { PageTask } from "./task.ts";

const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PageRunner {
  /** One sample, in a page of its own: nothing warm, nothing left of another subject. */
  run(task: PageTask): Promise<number>;
  close(): Promise<void>;
}

export function chromiumIsThere(): boolean {
  return existsSync(EXECUTABLE);
}

export async function openChromium(profile: string): Promise<PageRunner> {
  const files = await bundle();
  const server = createServer(({ url = "/" }, response) => {
    const script = files.get(url);
    response.setHeader("content-type", `text/${script === undefined ? "html" : "javascript"}; charset=utf-8`);
    response.end(
      script ?? '<!doctype html><title>bench</title><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // a TCP server has one
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: ARGUMENTS,
  });
  return {
    async run(task) {
      const page = await context.newPage();
      try {
        const errors: string[] = [];
        page.on("pageerror", ({ message }) => errors.push(message));
        await page.goto(address);
        if (errors.length > 0) throw new TypeError(`The page did not load: ${errors.join("; ")}`);
        return await page.evaluate((given) => globalThis.bench(given), task);
      } finally {
        await page.close();
      }
    },
    async close() {
      await context.close();
      server.close();
    },
  };
}

/** keepstate as users install it, from the build; peers from this folder's packages. */
async function bundle(): Promise<Map<string, string>> {
  const dist = process.env["KEEPSTATE_DIST"] ?? fileURLToPath(new URL("../../dist/", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    outdir: "/",
    format: "esm",
    target: "es2022",
    alias: {
      keepstate: `${dist}/index.js`,
      "keepstate/adapters/indexeddb": `${dist}/adapters/indexeddb.js`,
    },
    logLevel: "error",
  });
  return new Map(outputFiles.map(({ path, text }) => [path, text]));
}
