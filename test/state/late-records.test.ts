import { expect, test } from "vitest";
import { agent, StateManager } from "../../src/index.ts";
import type { StorageAdapter } from "../../src/store/store.ts";
import { degraded, profiles } from "../../src/testing.ts";

/** How many reads of large values answer as if nothing were there. */
let unseen = 0;

/** Reads are old only where the test wants it. */
function eventual(): StorageAdapter {
  const profile = profiles.find(({ capabilities }) => capabilities.consistency === "eventual");
  if (profile === undefined) throw new TypeError("there is no eventual profile");
  const adapter = degraded({
    capabilities: { ...profile.capabilities, minPutIntervalMs: 0, stalenessMs: 0 },
  }).adapter();
  return {
    ...adapter,
    async open(opening) {
      const store = await adapter.open(opening);
      return {
        ...store,
        async get(keys) {
          const found = await store.get(keys);
          return keys.some((key) => key.startsWith("v/")) && unseen-- > 0 ? keys.map(() => undefined) : found;
        },
      };
    },
  };
}

test("a scope that has left memory comes back although its large value is not seen everywhere yet", async () => {
  await using state = await StateManager.open({
    storage: eventual(),
    require: { singleWriter: true },
    persistence: { cacheSizeLimit: 1 },
  });
  const large = "x".repeat(20_000);
  await state.setMany([{ scope: agent("a"), key: "text", value: large }]);
  for (const name of ["b", "c"]) await state.setMany([{ scope: agent(name), key: "n", value: 1 }]);
  unseen = 7;
  const handle = await state.agent("a");
  expect(handle.get("text")).toBe(large);
  // It was read from the store, and not at the first try.
  expect(unseen).toBeLessThan(0);
});
