import "./fakes.ts";

import { expect, it, vi } from "vitest";
import { localForage } from "../../adapters/localforage/index.ts";
import { StateManager } from "../../src/index.ts";
import { bytes, contentOf, freshName, instanceOf, key } from "./world.ts";

const LOST = "Connection to Indexed Database server lost. Refresh the page to try again";

function handleOf(instance: object): IDBDatabase {
  const { _dbInfo }: { _dbInfo?: { db: IDBDatabase } } = instance;
  if (_dbInfo === undefined) throw new TypeError("localForage keeps its handle elsewhere now");
  return _dbInfo.db;
}

/** Makes the instance's connection fail as WebKit's does: each transaction, until the handle is closed. */
function lose(instance: object): IDBDatabase {
  const handle = handleOf(instance);
  const transaction = handle.transaction.bind(handle);
  let isClosed = false;
  const close = handle.close.bind(handle);
  handle.close = () => {
    isClosed = true;
    close();
  };
  handle.transaction = (...which) => {
    if (!isClosed) throw new DOMException(LOST, "UnknownError");
    return transaction(...which);
  };
  return handle;
}

it("a lost connection is opened again once, for all that met it", async () => {
  const instance = await instanceOf(freshName());
  const state = await StateManager.open({ storage: localForage({ instance }) });
  await state.set("a", 1);
  const store = await localForage({ instance }).open({ readOnly: true });
  const lost = lose(instance);
  await expect(instance.getItem("mine")).rejects.toMatchObject({ name: "UnknownError" }); // localForage alone goes on failing
  const open = vi.spyOn(indexedDB, "open");
  const keys = Array.from({ length: 10 }, (_, i) => key(`k${i}`));
  expect(await Promise.all([store.get(keys), contentOf(store)])).toMatchObject([
    keys.map(() => undefined),
    {},
  ]);
  expect(open).toHaveBeenCalledTimes(1);
  open.mockRestore();
  expect(handleOf(instance)).not.toBe(lost);
  lose(instance);
  await state.set("a", 2);
  expect(await instance.setItem("mine", "too")).toBe("too");
  await Promise.all([state.close(), store.close()]);
  const again = await StateManager.open({ storage: localForage({ instance }) });
  expect(again.get("a")).toBe(2);
  await again.close();
});

it("a write is never repeated: lost in the middle of a commit, the outcome is for the engine to find out", async () => {
  const instance = await instanceOf(freshName());
  const store = await localForage({ instance }).open({ readOnly: false });
  const setItem = vi.spyOn(instance, "setItem").mockImplementationOnce(async () => {
    lose(instance);
    throw new DOMException(LOST, "UnknownError");
  });
  const batch = { writes: [{ put: key("a"), value: bytes("1") }] };
  await expect(store.commit(batch)).rejects.toMatchObject({ name: "UnknownError" });
  expect(setItem).toHaveBeenCalledTimes(1);
  expect(await contentOf(store)).toEqual({});
  expect(await store.commit(batch)).toBe("committed");
  await store.close();
});

it("a connection that cannot be opened again is named, once", async () => {
  const instance = await instanceOf(freshName());
  const store = await localForage({ instance }).open({ readOnly: true });
  lose(instance);
  const open = vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException(LOST, "UnknownError");
  });
  await expect(store.get([key("a")])).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("Reload the page"),
  });
  expect(open.mock.calls.length).toBeLessThan(5);
  open.mockRestore();
  await store.close();
});

it("an opening that failed may be tried again, and the first failure is tried once more by itself", async () => {
  const name = freshName();
  const storage = localForage({ name });
  const open = vi.spyOn(indexedDB, "open").mockImplementation(() => {
    throw new DOMException("Internal error opening backing store", "UnknownError");
  });
  await expect(StateManager.open({ storage })).rejects.toMatchObject({ code: "unavailable" });
  open.mockRestore();
  const state = await StateManager.open({ storage });
  await state.set("a", 1);
  await state.close();
});

it("a database that others hold is locked after the time given, and opens when they have let go", async () => {
  const name = freshName();
  // Another library's connection, which does not listen for the change of version that a new part needs.
  const holder = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  await expect(localForage({ name, lockTimeoutMs: 30 }).open({ readOnly: false })).rejects.toMatchObject({
    code: "locked",
    retryable: true,
  });
  holder.close();
  const store = await localForage({ name }).open({ readOnly: false });
  expect(await contentOf(store)).toEqual({});
  await store.close();
});
