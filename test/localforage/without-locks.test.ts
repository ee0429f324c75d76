import "./fakes.ts";

import { describe, expect, it, vi } from "vitest";
import { localForage } from "../../adapters/localforage/index.ts";
import { StateManager } from "../../src/index.ts";
import { describeStore } from "../../src/testing.ts";
import { fixtureOn, freshName } from "./world.ts";

// As on a page that was not loaded over https.
vi.stubGlobal("navigator", { userAgent: "none" });

describeStore("localForage on IndexedDB, no Web Locks", fixtureOn("indexeddb", "local"), { describe, it });
describeStore("localForage on localStorage, no Web Locks", fixtureOn("localstorage", "local"), {
  describe,
  it,
});

it("opens for writing only where the caller vouches for being the only writer", async () => {
  const storage = localForage({ name: freshName() });
  await expect(StateManager.open({ storage })).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining("singleWriter"),
  });
  const state = await StateManager.open({ storage, require: { singleWriter: true } });
  await state.set("a", 1);
  const reader = await StateManager.open({ storage, require: { readOnly: true } });
  expect(reader.get("a")).toBe(1);
  await Promise.all([state.close(), reader.close()]);
});
