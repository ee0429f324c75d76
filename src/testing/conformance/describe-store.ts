import { type CaseDefinition, type KnownTraits, withBench } from "./bench.ts";
import { capability } from "./capability.ts";
import { committing } from "./committing.ts";
import type { StoreCase, StoreFixture, StoreTraits } from "./fixture.ts";
import { histories } from "./histories.ts";
import { living } from "./living.ts";
import { reading } from "./reading.ts";
import { scanning } from "./scanning.ts";
import { swapping } from "./swapping.ts";
import { watchingCases } from "./watching.ts";

const UNLIMITED = Number.MAX_SAFE_INTEGER;

function known(traits: StoreTraits): KnownTraits {
  return {
    atomicity: "batch",
    swap: "shared",
    consistency: "strong",
    maxValueBytes: UNLIMITED,
    maxBatch: { count: UNLIMITED, bytes: UNLIMITED },
    minPutIntervalMs: 0,
    stalenessMs: 0,
    secondWriter: "opens",
    watch: false,
    ...traits,
  };
}

/**
 * The conformance suite for storage adapters, as plain values for any runner. Each case opens its own namespace,
 * so cases may run in any order and at once. What the traits rule out is listed too, with the reason.
 *
 * @example
 * for (const { name, skipped, run } of storeCases(fixture)) if (skipped === undefined) await run();
 */
export function storeCases(fixture: StoreFixture): StoreCase[] {
  const traits = known(fixture.traits ?? {});
  const reasons = new Map(Object.entries(fixture.traits?.skip ?? {}));
  const definitions = [
    ...capability,
    ...reading,
    ...scanning,
    ...committing,
    ...swapping,
    ...living,
    ...watchingCases,
    ...histories(fixture.seed),
  ];
  for (const name of reasons.keys()) {
    if (!definitions.some((definition) => definition.name === name)) {
      throw new TypeError(`There is no case to skip named ${JSON.stringify(name)}`);
    }
  }

  function caseOf({ name, skip, run }: CaseDefinition): StoreCase {
    const skipped = reasons.get(name) ?? skip?.(traits);
    if (reasons.get(name)?.trim() === "")
      throw new TypeError(`Skipping ${JSON.stringify(name)} needs a reason`);
    return {
      name,
      ...(skipped !== undefined && { skipped }),
      run: async () => withBench(await fixture.open(), traits, run),
    };
  }
  return definitions.map(caseOf);
}

/** What the suite needs of a test runner: Vitest, Jest, Mocha, `node:test`, `bun:test` and Deno's BDD module fit. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: ((name: string, body: () => Promise<void>) => unknown) & {
    readonly skip?: (name: string, body: () => Promise<void>) => unknown;
  };
}

/**
 * Registers the suite with a test runner. Skipped cases carry their reason in their name.
 *
 * @example
 * describeStore("my adapter", { open: async () => ({ adapter: mine(), dispose: async () => {} }) }, { describe, it });
 */
export function describeStore(name: string, fixture: StoreFixture, { describe, it }: TestRunner): void {
  describe(`${name}: store conformance`, () => {
    for (const { name: title, skipped, run } of storeCases(fixture)) {
      if (skipped === undefined) it(title, run);
      // A runner without `skip` is shown the reason as a case that passes.
      else (it.skip ?? it)(`${title} [skipped: ${skipped}]`, async () => undefined);
    }
  });
}
