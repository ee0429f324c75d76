import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { alias } from "./vitest.config.ts";

// Apart from vitest.config.ts because the plugin takes seconds to load, which the other tests need not wait for.
export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        plugins: [
          cloudflareTest({
            main: "./test/workerd/worker.ts",
            miniflare: {
              compatibilityDate: "2026-03-01",
              compatibilityFlags: ["nodejs_compat", "unhandled_rejection_after_microtask_checkpoint"],
              durableObjects: {
                SQL: { className: "SqlObject", useSQLite: true },
                KV: { className: "KeyValueObject", useSQLite: false },
                AGENTS: { className: "Agents", useSQLite: true },
              },
              kvNamespaces: ["NAMESPACE", "COPIES"],
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/workerd/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "workerd-process",
          pool: "forks",
          include: ["test/workerd/process/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
