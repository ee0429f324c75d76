import { expect, test, vi } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { StorageAdapter } from "../../src/adapter.ts";
import { open } from "./world.ts";

/** Calls `between` once, after the first read of each opening has been answered. */
function afterFirstRead(storage: StorageAdapter, between: () => Promise<void>): StorageAdapter {
  return {
    ...storage,
    async open(opening) {
      const store = await storage.open(opening);
      let isFirst = true;
      return {
        ...store,
        async get(keys, signal) {
          const found = await store.get(keys, signal);
          if (isFirst) {
            isFirst = false;
            await between();
          }
          return found;
        },
      };
    },
  };
}

test.each([false, true])(
  "a store that another writer makes while it is opened is no damaged one (read-only: %s)",
  async (readOnly) => {
    const storage = memory();
    await using other = await open({ storage });
    const late = afterFirstRead(storage, async () => void (await other.set("k", 1)));
    await using state = await open({ storage: late, require: { readOnly } });
    expect(state.get("k")).toBe(1);
  },
);

test("what another writer commits while a store is opened is shown without a further hint", async () => {
  const storage = memory();
  await using other = await open({ storage });
  await other.set("k", 1);
  const late = afterFirstRead(storage, async () => void (await other.set("k", 2)));
  await using state = await open({ storage: late });
  await vi.waitFor(() => expect(state.get("k")).toBe(2));
});
