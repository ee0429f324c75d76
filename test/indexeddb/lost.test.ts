import "fake-indexeddb/auto";
import { expect, it } from "vitest";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import type { Store } from "../../src/adapter.ts";
import { utf8 } from "../../src/ground/bytes.ts";
import {
  deleteDatabase,
  failRequest,
  failure,
  forceClose,
  type HeldFactory,
  heldFactory,
  key,
  namesIn,
  opened,
  scanned,
} from "./factory.ts";

const put = (name: string, value: string) => ({ writes: [{ put: key(name), value: utf8(value) }] });

/** A store with one record, and how many handles its later calls open. */
async function filled(): Promise<{ held: HeldFactory; store: Store }> {
  const held = heldFactory();
  const store = await opened(held);
  await store.commit(put("a", "1"));
  return { held, store };
}

it("opens a handle again that the browser closed, for reading and for writing", async () => {
  const { held, store } = await filled();
  void forceClose(held.opened[0]);
  expect(await store.get([key("a")])).toEqual([utf8("1")]);
  await forceClose(held.opened[1]);
  held.writes = 0;
  expect(await store.commit(put("b", "2"))).toBe("committed");
  // The browser said that it was closed, so nobody asked it in vain.
  expect(held.writes).toBe(1);
  expect(await store.get([key("b")])).toEqual([utf8("2")]);
  expect(held.opened.length).toBe(3);
  await store.close();
});

it("opens one handle for all calls that find it lost", async () => {
  const { held, store } = await filled();
  void forceClose(held.opened[0]);
  await Promise.all([store.get([key("a")]), store.get([key("a")]), store.commit(put("b", "2"))]);
  expect(held.opened.length).toBe(2);
  await store.close();
});

it("commits once where the transaction could not be begun", async () => {
  const { held, store } = await filled();
  held.opened[0]?.close();
  const swap = { key: key("p"), from: undefined, to: utf8("1") };
  expect(await store.commit({ ...put("b", "2"), swap })).toBe("committed");
  expect(await store.get([key("p")])).toEqual([utf8("1")]);
  expect(held.opened.length).toBe(2);
  await store.close();
});

it("gives up after one more attempt", async () => {
  const { held, store } = await filled();
  held.onTransaction = () => {
    throw failure("InvalidStateError");
  };
  await expect(store.commit(put("b", "2"))).rejects.toMatchObject({ code: "unavailable", retryable: true });
  expect([held.opened.length, held.writes]).toEqual([2, 3]);
  held.onTransaction = () => undefined;
  expect(await store.commit(put("b", "2"))).toBe("committed");
  await store.close();
});

it("never repeats a commit that had begun, and reads what became of it by a new handle", async () => {
  const { held, store } = await filled();
  held.onTransaction = (transaction) =>
    failRequest(transaction, "put", failure("UnknownError", "Connection to Indexed Database server lost"));
  await expect(store.commit(put("a", "2"))).rejects.toMatchObject({ code: "unavailable" });
  expect([held.opened.length, held.writes]).toEqual([1, 2]);
  held.onTransaction = () => undefined;
  expect(await store.get([key("a")])).toEqual([utf8("1")]);
  expect(held.opened.length).toBe(2);
  await store.close();
});

it.each([
  ["get", (store: Store) => store.get([key("a")])],
  ["getAll", (store: Store) => scanned(store)],
] as const)("repeats a read whose connection was lost, once: %s", async (method, read) => {
  const { held, store } = await filled();
  const lost = failure("UnknownError", "Connection to Indexed Database server lost");
  held.onTransaction = (transaction) => {
    if (held.opened.length === 1) failRequest(transaction, method, lost);
  };
  expect((await read(store)).length).toBe(1);
  held.onTransaction = (transaction) => failRequest(transaction, method, lost);
  await expect(read(store)).rejects.toMatchObject({ code: "unavailable", cause: lost });
  expect(held.opened.length).toBe(3);
  await store.close();
});

it("does not repeat a read that failed for another reason", async () => {
  const { held, store } = await filled();
  let reads = 0;
  held.onTransaction = (transaction) => {
    reads++;
    failRequest(transaction, "get", failure("NotReadableError"));
  };
  await expect(store.get([key("a")])).rejects.toMatchObject({ code: "corrupt" });
  expect([reads, held.opened.length]).toEqual([1, 1]);
  await store.close();
});

it("makes way for another tab that deletes the database, and never makes it anew", async () => {
  const { held, store } = await filled();
  const reader = await opened(held, true);
  await deleteDatabase(held.factory, "faults");
  const calls = () => [
    store.get([key("a")]),
    store.commit(put("b", "2")),
    store.commit({ ...put("b", "2"), swap: { key: key("p"), from: undefined, to: utf8("1") } }),
    // A reader that has seen the store does not take it for one that is not there yet.
    reader.get([key("a")]),
  ];
  for (const call of calls())
    await expect(call).rejects.toMatchObject({ code: "unavailable", message: /was deleted/ });
  expect(await namesIn(held.factory)).toEqual([]);
  await Promise.all([store.close(), reader.close()]);
});

it("makes way for a newer layout, and leaves that alone", async () => {
  const { held, store } = await filled();
  const upgraded = await new Promise<IDBDatabase>((resolve) => {
    const request = held.factory.open("faults", 2);
    request.onsuccess = () => resolve(request.result);
  });
  await expect(store.get([key("a")])).rejects.toMatchObject({ code: "newer_format" });
  upgraded.close();
  await store.close();
  await expect(opened(held)).rejects.toMatchObject({ code: "newer_format" });
});

it("lets go of a handle that opens while the store closes", async () => {
  const { held } = await filled();
  const bare = await indexedDB({ name: "faults", factory: held.factory }).open({ readOnly: false });
  void forceClose(held.opened.at(-1));
  const reading = bare.get([key("a")]);
  await bare.close();
  await expect(reading).rejects.toMatchObject({ code: "closed" });
  await expect(bare.get([key("a")])).rejects.toMatchObject({ code: "closed" });
  void forceClose(held.opened[0]);
  // Only if no handle is left does this end without an answer to versionchange.
  await deleteDatabase(held.factory, "faults");
});
