// The store conformance suite on whatever runtime runs this program, against the installed package.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesystem } from "keepstate/adapters/filesystem";
import { memory } from "keepstate/adapters/memory";
import { storeCases } from "keepstate/testing";

const fixtures = {
  memory: {
    traits: { durability: "none", watch: true },
    open: async () => ({ adapter: memory(), dispose: async () => undefined }),
  },
  filesystem: {
    traits: {
      durability: "power",
      secondWriter: "locked",
      maxValueBytes: 2 ** 31,
      maxBatch: { count: 2 ** 31, bytes: 2 ** 31 },
    },
    async open() {
      const folder = await mkdtemp(join(tmpdir(), "keepstate-conformance-"));
      const path = join(folder, "store");
      return {
        adapter: filesystem({ path }),
        another: () => filesystem({ path }),
        dispose: () => rm(folder, { recursive: true, force: true }),
      };
    },
  },
};

const totals = { passed: 0, failed: 0, skipped: 0 };
const say = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

for (const [adapter, fixture] of Object.entries(fixtures)) {
  const before = { ...totals };
  for (const { name, skipped, run } of storeCases(fixture)) {
    if (skipped !== undefined) {
      totals.skipped++;
      console.log(`skipped  ${adapter}: ${name}: ${skipped}`);
      continue;
    }
    try {
      await run();
      totals.passed++;
    } catch (error) {
      totals.failed++;
      console.log(`FAILED   ${adapter}: ${name}: ${error?.message ?? error}`);
    }
  }
  const own = Object.fromEntries(Object.entries(totals).map(([what, n]) => [what, n - before[what]]));
  console.log(`adapter ${adapter}: ${say(own)}`);
}

console.log(say(totals));
process.exitCode = totals.failed === 0 ? 0 : 1;
