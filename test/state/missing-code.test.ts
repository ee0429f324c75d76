import { expect, test, vi } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { StorageAdapter } from "../../src/adapter.ts";
import { StateManager } from "../../src/index.ts";

// As in a browser whose server no longer has the chunks of the version that runs.
const gone = vi.hoisted(() => () => {
  throw new TypeError("Failed to fetch dynamically imported module");
});
vi.mock("../../src/state/upkeep.ts", gone);
vi.mock("../../src/state/after-hooks.ts", gone);
vi.mock("../../src/state/prepare.ts", gone);
vi.mock("../../src/state/history.ts", gone);
vi.mock("../../src/state/remote.ts", gone);

const quiet = { warn: () => {}, error: () => {} };

test("closing succeeds without the code for checkpoints, says so, and loses nothing", async () => {
  const storage = memory();
  const state = await StateManager.open({ storage, ports: { logger: quiet } });
  const degraded: unknown[] = [];
  state.events.on("store.degraded", ({ data }) => degraded.push(data.error));
  await state.set("k", 1);
  expect(await state.checkpoint()).toBe(false);
  await state.close();
  expect(degraded).toMatchObject([{ code: "unavailable" }, { code: "unavailable" }]);
  const again = await StateManager.open({ storage, ports: { logger: quiet } });
  expect(again.get("k")).toBe(1);
  await again.close();
});

test("a write that needs code which is not there changes nothing, and the next one goes on", async () => {
  const state = await StateManager.open({ ports: { logger: quiet } });
  await expect(state.update("k", () => 1)).rejects.toMatchObject({ code: "unavailable" });
  expect(state.get("k")).toBeUndefined();
  await expect(state.timeline("run")).rejects.toMatchObject({ code: "unavailable" });
  expect(await state.set("k", 2)).toMatchObject({ status: "committed" });
  await state.close();
});

test("a hint of another writer that cannot be followed is told, and tried again with the next one", async () => {
  const shared = memory();
  let hint = () => {};
  const storage: StorageAdapter = {
    name: "hinted",
    async open(opening) {
      const store = await shared.open(opening);
      const watch = (listener: () => void) => {
        hint = listener;
        return () => {};
      };
      return { ...store, watch };
    },
  };
  const state = await StateManager.open({ storage, ports: { logger: quiet } });
  let failures = 0;
  state.events.on("store.degraded", () => {
    failures++;
    if (failures === 10) void state.close(); // rather than try without end
  });
  for (const expected of [1, 2]) {
    hint();
    for (let i = 0; i < 50 && failures < expected; i++)
      await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(failures).toBe(expected);
  }
  expect(await state.set("k", 2)).toMatchObject({ status: "committed" });
  await state.close();
});
