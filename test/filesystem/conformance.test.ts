import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "vitest";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { describeStore } from "../../src/testing.ts";

describeStore(
  "filesystem",
  {
    traits: {
      durability: "power",
      secondWriter: "locked",
      maxValueBytes: 2 ** 31,
      maxBatch: { count: 2 ** 31, bytes: 2 ** 31 },
    },
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), "keepstate-conformance-"));
      const path = join(directory, "store");
      // A small bound, so that the random histories meet compactions.
      return {
        adapter: filesystem({ path, compactAbove: 16 * 1024 }),
        another: () => filesystem({ path, compactAbove: 16 * 1024 }),
        dispose: () => rm(directory, { recursive: true, force: true }),
      };
    },
  },
  { describe, it },
);
