import "./fakes.ts";

import { expect, it, vi } from "vitest";
import { localForage } from "../../adapters/localforage/index.ts";
import { announcer } from "../../adapters/shared/announce.ts";
import { StateManager } from "../../src/index.ts";
import { contentOf, freshName, instanceOf } from "./world.ts";

it("two writers of one store lose no step, and each comes to see what the other did", async () => {
  const name = freshName();
  const [a, b] = await Promise.all([
    StateManager.open({ storage: localForage({ name }) }),
    StateManager.open({ storage: localForage({ name }) }),
  ]);
  const count = (n: unknown) => Number(n ?? 0) + 1;
  await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).update("n", count)));
  await Promise.all([a.set("a", "by a"), b.set("b", "by b")]);
  // No refresh: each is told by the other's commits.
  await vi.waitFor(() => {
    for (const state of [a, b]) {
      expect(Object.fromEntries(state.entries())).toEqual({ n: 20, a: "by a", b: "by b" });
    }
  });
  await Promise.all([a.close(), b.close()]);
  const reopened = await StateManager.open({ storage: localForage({ name }) });
  expect(reopened.get("n")).toBe(20);
  await reopened.close();
});

it("stores in one instance, and the user's own items, leave each other alone", async () => {
  for (const driver of ["indexeddb", "localstorage"] as const) {
    const instance = await instanceOf(freshName(), driver);
    const own = { head: "mine", keepstate: { also: "mine" }, "other.head": 1, "%*?_[a-z]": null };
    for (const [item, value] of Object.entries(own)) await instance.setItem(item, value);
    const require = { singleWriter: true };
    const open = (prefix?: string) =>
      StateManager.open({ storage: localForage({ instance, ...(prefix && { prefix }) }), require });
    const [main, other] = await Promise.all([open(), open("other")]);
    await main.set("a", "main");
    await other.set("a", "other");
    await Promise.all([main.checkpoint(), other.checkpoint()]);
    await Promise.all([main.close(), other.close()]);
    const again = await Promise.all([open(), open("other"), open("oth")]);
    expect(again.map((state) => state.get("a"))).toEqual(["main", "other", undefined]);
    await Promise.all(again.map((state) => state.close()));
    for (const [item, value] of Object.entries(own)) expect(await instance.getItem(item)).toEqual(value);
    const beside = await localForage({ instance, prefix: "oth" }).open({ readOnly: true });
    expect(await contentOf(beside)).toEqual({});
    await expect(beside.commit({ writes: [] })).rejects.toMatchObject({ code: "read_only" });
    await beside.close();
    const foreign = (await instance.keys()).filter(
      (item) => !/^(keepstate|other):[0-9a-z/_.~-]+$/.test(item),
    );
    expect(foreign.sort()).toEqual(Object.keys(own).sort());
  }
});

it("opening and reading write nothing, and a store that only read leaves no item", async () => {
  const instance = await instanceOf(freshName());
  const setItem = vi.spyOn(instance, "setItem");
  const removeItem = vi.spyOn(instance, "removeItem");
  for (const readOnly of [true, false]) {
    const state = await StateManager.open({ storage: localForage({ instance }), require: { readOnly } });
    expect(state.get("a")).toBeUndefined();
    await state.close();
  }
  expect([setItem.mock.calls, removeItem.mock.calls, await instance.keys()]).toEqual([[], [], []]);
});

it("tells nobody after closing, and is not offered where there is no channel", async () => {
  const name = freshName();
  const [teller, listener] = [announcer(name), announcer(name)];
  const told = vi.fn();
  listener?.listen(told);
  teller?.tell();
  await vi.waitFor(() => expect(told).toHaveBeenCalled());
  teller?.close();
  teller?.close();
  teller?.tell();
  listener?.close();
  vi.stubGlobal("BroadcastChannel", undefined);
  const store = await localForage({ name }).open({ readOnly: false });
  expect(store.watch).toBeUndefined();
  await store.commit({ writes: [] });
  await store.close();
  vi.unstubAllGlobals();
});
