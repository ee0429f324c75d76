import type { Capabilities } from "../../store/capabilities.ts";
import type { CaseDefinition } from "./bench.ts";
import { check, checkSame } from "./check.ts";

/** The allowed words of each flag; the rest are numbers. */
const WORDS = {
  atomicity: ["batch", "prefix"],
  swap: ["shared", "local"],
  consistency: ["strong", "eventual"],
  durability: ["none", "process", "gated", "power"],
} as const;

/** The smallest batch that a store may be limited to: a page, its parts and the head. */
const SMALLEST_BATCH = 8;

function flat(capabilities: Capabilities): Record<string, string | number> {
  const { atomicity, swap, consistency, durability, maxValueBytes, maxBatch, minPutIntervalMs, stalenessMs } =
    capabilities;
  const words = { atomicity, swap, consistency, durability };
  return {
    ...words,
    maxValueBytes,
    "maxBatch.count": maxBatch.count,
    "maxBatch.bytes": maxBatch.bytes,
    minPutIntervalMs,
    stalenessMs,
  };
}

export const capability: readonly CaseDefinition[] = [
  {
    name: "capabilities: every flag has a word or a number that makes sense",
    async run({ open }) {
      const { capabilities } = await open();
      for (const [flag, words] of Object.entries(WORDS)) {
        const word = flat(capabilities)[flag];
        check(
          words.some((allowed) => allowed === word),
          `${flag} is ${word}, not one of ${words.join(", ")}`,
        );
      }
      const { maxValueBytes, maxBatch, minPutIntervalMs, stalenessMs, consistency } = capabilities;
      for (const [what, number, least] of [
        ["maxValueBytes", maxValueBytes, 256],
        ["maxBatch.count", maxBatch.count, SMALLEST_BATCH],
        ["maxBatch.bytes", maxBatch.bytes, 1024],
        ["minPutIntervalMs", minPutIntervalMs, 0],
        ["stalenessMs", stalenessMs, 0],
      ] as const) {
        check(
          Number.isSafeInteger(number) && number >= least,
          `${what} is ${number}, not a whole number from ${least}`,
        );
      }
      check(
        stalenessMs > 0 === (consistency === "eventual"),
        `${consistency}, but stalenessMs is ${stalenessMs}`,
      );
    },
  },
  {
    name: "capabilities: are what the fixture declares",
    async run({ open, traits }) {
      const store = await open();
      const said = flat(store.capabilities);
      const declared = flat({ ...traits, durability: traits.durability ?? store.capabilities.durability });
      for (const [flag, value] of Object.entries(said)) {
        // Whatever lies above all that is tried counts as no limit.
        if (![value, declared[flag]].every((limit) => typeof limit === "number" && limit >= 2 ** 31)) {
          checkSame(value, declared[flag], flag);
        }
      }
      checkSame(store.watch !== undefined, traits.watch, "watch is offered");
    },
  },
  {
    name: "capabilities: are the same at each opening, and while the store is used",
    async run({ open, write }) {
      const first = await open();
      const before = JSON.stringify(first.capabilities);
      await write(first, []);
      checkSame(JSON.stringify(first.capabilities), before, "after a commit");
      await first.close();
      checkSame(JSON.stringify((await open()).capabilities), before, "at the next opening");
    },
  },
];
