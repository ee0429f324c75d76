import "./fakes.ts";

import { describe, expect, it } from "vitest";
import { localForage } from "../../adapters/localforage/index.ts";
import { StateManager } from "../../src/index.ts";
import { guard } from "../../src/store/guard.ts";
import { fakeLocalStorage } from "./fakes.ts";
import { bytes, changed, contentOf, freshName, instanceOf, key } from "./world.ts";

const PUT = { put: key("a"), value: bytes("1") };
const MOVE = { key: key("head"), from: undefined, to: bytes("1") };

describe("no room", () => {
  it("in localStorage rejects with quota, keeps what was there, and goes on when there is room again", async () => {
    const name = freshName();
    const open = () =>
      StateManager.open({
        storage: localForage({ name, driver: "localstorage" }),
        require: { singleWriter: true },
      });
    const state = await open();
    await state.set("small", "kept");
    fakeLocalStorage.setItem("of another site's script", "x".repeat(3 * 1024 * 1024));
    await expect(state.set("large", "y".repeat(3 * 1024 * 1024))).rejects.toMatchObject({ code: "quota" });
    expect([state.get("small"), state.has("large")]).toEqual(["kept", false]);
    await state.set("small", "changed");
    fakeLocalStorage.removeItem("of another site's script");
    await state.set("large", "y".repeat(1024 * 1024));
    await state.close();
    const again = await open();
    expect(again.get("small")).toBe("changed");
    expect(again.get("large")).toBe("y".repeat(1024 * 1024));
    await again.close();
  });

  it.each([1, 2])("is said of a commit at write %i only, whose pointer has not moved", async (nth) => {
    const instance = await instanceOf(freshName());
    let writes = 0;
    const full = changed(instance, {
      async setItem(item, value) {
        if (++writes === nth) throw new DOMException("no room", "QuotaExceededError");
        return instance.setItem(item, value);
      },
    });
    const store = await guard(localForage({ instance: full }), { readOnly: false });
    await expect(store.commit({ writes: [PUT], swap: MOVE })).rejects.toMatchObject({ code: "quota" });
    expect(await contentOf(store)).toEqual(nth === 1 ? {} : { a: "1" });
    expect(await store.commit({ writes: [PUT], swap: MOVE })).toBe("committed");
    await store.close();
  });
});

describe("failures are named", () => {
  it.each([
    [new DOMException("Failed to read large IndexedDB value", "DataError"), "corrupt"],
    [new DOMException("Data lost due to missing file", "NotReadableError"), "corrupt"],
    [new DOMException("Internal error", "UnknownError"), "unavailable"],
    [null, "unavailable"],
  ])("%s as %s", async (failure, code) => {
    const instance = await instanceOf(freshName());
    const broken = changed(instance, { getItem: () => Promise.reject(failure) });
    const store = await guard(localForage({ instance: broken }), { readOnly: true });
    await expect(store.get([key("a")])).rejects.toMatchObject({ code, facts: { adapter: "localforage" } });
    await store.close();
  });

  it("an item that the store did not write is corrupt, never absent", async () => {
    const instance = await instanceOf(freshName());
    await instance.setItem("keepstate:a", "text of somebody else");
    const store = await localForage({ instance }).open({ readOnly: true });
    await expect(store.get([key("a")])).rejects.toMatchObject({
      code: "corrupt",
      facts: { key: "keepstate:a" },
    });
    await store.close();
  });

  it("bytes of another frame are bytes", async () => {
    const { runInNewContext } = await import("node:vm");
    const instance = await instanceOf(freshName());
    const foreign = changed(instance, { getItem: async () => runInNewContext("new Uint8Array([1, 2])") });
    const store = await localForage({ instance: foreign }).open({ readOnly: true });
    expect(await store.get([key("a")])).toEqual([new Uint8Array([1, 2])]);
    await store.close();
  });
});

describe("options", () => {
  const instance = { getItem: () => {} };
  it.each<[string, unknown]>([
    ["no name", {}],
    ["an empty name", { name: "" }],
    ["a slash in the name", { name: "a/b" }],
    ["a slash in storeName", { name: "a", storeName: "b/c" }],
    ["an unknown driver", { name: "a", driver: "websql" }],
    ["a colon in the prefix", { name: "a", prefix: "b:c" }],
    ["an empty prefix", { name: "a", prefix: "" }],
    ["no time at all", { name: "a", lockTimeoutMs: 0 }],
    ["an unknown option", { name: "a", version: 2 }],
    ["an instance that is none", { instance }],
    ["an instance and a name", { instance, name: "a" }],
  ])("%s is misuse", (_, options) => {
    expect(() => Reflect.apply(localForage, undefined, [options])).toThrow(TypeError);
  });
});
