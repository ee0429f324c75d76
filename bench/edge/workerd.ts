/** Runs tasks in Durable Objects of a local workerd, on disk. Its clock moves, in steps of a millisecond. */

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

export interface ObjectTask {
  readonly subject: string;
  /** fill: sets and a checkpoint, for a later load. */
  readonly kind: "sequential" | "together" | "fill" | "load";
  readonly object: string;
  readonly count: number;
}

export interface ObjectRunner {
  /** Milliseconds by the object's own clock. */
  run(task: ObjectTask): Promise<number>;
  /** Ends the object, so that the next request meets one that knows nothing. */
  evict(object: string): Promise<void>;
  close(): Promise<void>;
}

export async function openWorkerd(folder: string): Promise<ObjectRunner> {
  const runtime = new Miniflare({
    ...convertV4MiniflareOptions({
      name: "bench",
      modules: true,
      script: await bundle(),
      compatibilityDate: "2026-03-01",
      durableObjects: { BENCH: { className: "Bench", useSQLite: true } },
    }),
    resourcePersistencePath: folder,
  });
  await runtime.ready;
  return {
    async run(task) {
      const query = new URLSearchParams({ ...task, count: String(task.count) });
      const response = await runtime.dispatchFetch(`http://bench/?${query}`);
      const text = await response.text();
      if (!response.ok)
        throw new TypeError(`${task.subject} answered ${response.status} ${text.slice(0, 300)}`);
      const { count, ms }: { count: number; ms: number } = JSON.parse(text);
      if (count !== task.count) throw new TypeError(`${task.subject} has ${count} of ${task.count}`);
      return ms;
    },
    async evict(name) {
      try {
        await runtime.unsafeEvictDurableObject("bench", "Bench", { name });
      } catch (error) {
        // The runtime was faster: it ends objects that idle for some seconds.
        if (!String(error).includes("not currently running")) throw error;
      }
    },
    close: () => runtime.dispose(),
  };
}

/** keepstate as users install it, from the build. */
async function bundle(): Promise<string> {
  const dist = process.env["KEEPSTATE_DIST"] ?? fileURLToPath(new URL("../../dist/", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("program.ts", import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*"],
    alias: {
      keepstate: `${dist}/index.js`,
      "keepstate/adapters/durable-object": `${dist}/adapters/durable-object.js`,
    },
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}
