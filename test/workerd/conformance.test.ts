import { describe, it } from "vitest";
import { durableObject } from "../../adapters/durable-object/index.ts";
import { type StoreFixture, type StoreTraits, storeCases } from "../../src/testing.ts";
import { type Backend, inObject } from "./objects.ts";

const MEBIBYTE = 1024 ** 2;

const traitsOf: Record<Backend, StoreTraits> = {
  SQL: {
    durability: "gated",
    maxValueBytes: 2_000_000 - 1024,
    maxBatch: { count: 10_000, bytes: 16 * MEBIBYTE },
  },
  KV: { durability: "gated", maxValueBytes: 131_072 - 32, maxBatch: { count: 128, bytes: 16 * MEBIBYTE } },
};

/** Each case runs as one request to an object of its own. */
for (const backend of ["SQL", "KV"] as const) {
  const fixtureIn = (storage: DurableObjectStorage): StoreFixture => ({
    traits: traitsOf[backend],
    open: async () => ({
      adapter: durableObject(storage),
      another: () => durableObject(storage),
      dispose: () => storage.deleteAll(),
    }),
  });
  const listed = storeCases({
    traits: traitsOf[backend],
    open: () => Promise.reject(new TypeError("run inside an object")),
  });

  describe(`Durable Object, ${backend}: store conformance`, () => {
    for (const [n, { name, skipped }] of listed.entries()) {
      if (skipped !== undefined) it.skip(`${name} [skipped: ${skipped}]`);
      else it(name, () => inObject(backend, async (storage) => storeCases(fixtureIn(storage))[n]?.run()));
    }
  });
}
