import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tests and examples may say "keepstate/…": they get the sources, never a stale build. */
export const alias = [
  { find: /^keepstate$/, replacement: at("./src/index.ts") },
  { find: /^keepstate\/adapters\/([a-z-]+)$/, replacement: `${at("./adapters")}/$1/index.ts` },
  { find: /^keepstate\/([a-z-]+)$/, replacement: `${at("./src")}/$1.ts` },
];

export default defineConfig({
  resolve: { alias },
  test: {
    pool: "forks",
    maxWorkers: Math.max(2, availableParallelism()),
    coverage: { provider: "v8", include: ["src/**", "adapters/**"], reporter: ["text", "html"] },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/slow/**", "test/runtimes/**", "test/workerd/**", "test/browser/**"],
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: ["test/slow/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          // A browser needs more than one core, and several hundred megabytes.
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
