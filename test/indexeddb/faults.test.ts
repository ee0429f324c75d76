import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import type { Batch } from "../../src/adapter.ts";
import { utf8 } from "../../src/ground/bytes.ts";
import { StateManager } from "../../src/index.ts";
import { quiet } from "../state/world.ts";
import { failEnd, failRequest, failure, heldFactory, key, opened, scanned } from "./factory.ts";

const QUOTA = failure("QuotaExceededError");

const batch: Batch = {
  writes: [{ put: key("b"), value: utf8("2") }, { delete: key("a") }],
  swap: { key: key("head"), from: utf8("1"), to: utf8("2") },
};

async function filled() {
  const held = heldFactory();
  const store = await opened(held);
  await store.commit({
    writes: [{ put: key("a"), value: utf8("1") }],
    swap: { key: key("head"), from: undefined, to: utf8("1") },
  });
  return { held, store };
}

/** A put meets the quota, and the transaction says only `error` of it. */
function reticent(transaction: IDBTransaction, error: DOMException | null): void {
  failRequest(transaction, "put", QUOTA);
  Object.defineProperty(transaction, "error", { get: () => error, set: () => undefined });
}

const ends: [string, string, (transaction: IDBTransaction) => void][] = [
  ["quota", "no room for a record", (tx) => failRequest(tx, "put", QUOTA)],
  ["quota", "no room at the end", (tx) => failEnd(tx, QUOTA)],
  ["quota", "no room for a record, and the transaction does not say why", (tx) => reticent(tx, null)],
  [
    "quota",
    "no room for a record, and the transaction says less",
    (tx) => reticent(tx, failure("AbortError")),
  ],
  ["unavailable", "the browser aborts and does not say why", (tx) => failEnd(tx, null)],
  ["unavailable", "the browser aborts", (tx) => failEnd(tx, failure("AbortError"))],
  ["corrupt", "damage", (tx) => failEnd(tx, failure("UnknownError", "Corruption: block checksum mismatch"))],
  [
    "unavailable",
    "a value that cannot be put",
    (tx) => {
      const records = tx.objectStore("records");
      const put = records.put.bind(records);
      let puts = 0;
      records.put = (...args) => {
        if (++puts === 2) throw failure("DataCloneError");
        return put(...args);
      };
    },
  ],
];

describe.each(ends)("a commit fails: %s, %s", (code, _, fail) => {
  it("with nothing of it stored, without another attempt, and the store works on", async () => {
    const { held, store } = await filled();
    const before = await scanned(store);
    held.onTransaction = fail;
    held.writes = 0;
    await expect(store.commit(batch)).rejects.toMatchObject({ code });
    expect(held.writes).toBe(1);
    held.onTransaction = () => undefined;
    expect(await scanned(store)).toEqual(before);
    expect(await store.commit(batch)).toBe("committed");
    expect((await scanned(store)).map((entry) => entry.key)).toEqual(["b", "head"]);
    await store.close();
  });
});

it("finds a damaged value, or one that is no bytes, and names its key", async () => {
  const { held, store } = await filled();
  const database = held.opened[0];
  await new Promise<void>((resolve) => {
    const transaction = database?.transaction("records", "readwrite");
    transaction?.objectStore("records").put("text", "a");
    if (transaction) transaction.oncomplete = () => resolve();
  });
  const corrupt = { code: "corrupt", facts: { adapter: "indexeddb", key: "a" } };
  await expect(store.get([key("a")])).rejects.toMatchObject(corrupt);
  await expect(scanned(store)).rejects.toMatchObject(corrupt);
  expect((await scanned(store, undefined, { keysOnly: true })).length).toBe(2);
  expect(await store.get([key("head")])).toEqual([utf8("1")]);
  await store.close();
});

it("a full disk makes one write fail, and the program goes on when there is room", async () => {
  const held = heldFactory();
  const { logger } = quiet();
  const storage = indexedDB({ name: "full", factory: held.factory });
  await using state = await StateManager.open({ storage, ports: { logger } });
  await state.set("a", 1);
  held.onTransaction = (transaction) => {
    if (transaction.mode === "readwrite") failEnd(transaction, QUOTA);
  };
  await expect(state.set("a", 2)).rejects.toMatchObject({ code: "quota" });
  expect(state.get("a")).toBe(1);
  held.onTransaction = () => undefined;
  expect(await state.set("a", 3)).toMatchObject({ status: "committed" });
});

it("a commit whose answer is lost is found out, and told as what it is", async () => {
  for (const lands of [true, false]) {
    const held = heldFactory();
    const { logger } = quiet();
    const storage = indexedDB({ name: "lost", factory: held.factory });
    const state = await StateManager.open({ storage, ports: { logger } });
    await state.set("a", 1);
    held.onTransaction = (transaction) => {
      if (transaction.mode === "readonly") return;
      held.onTransaction = () => undefined;
      if (!lands) return failEnd(transaction, failure("UnknownError"));
      // It lands, and what arrives is an abort.
      Object.defineProperty(transaction, "oncomplete", {
        set: () => transaction.addEventListener("complete", () => transaction.onabort?.(new Event("abort"))),
      });
    };
    const writing = state.set("a", 2);
    if (lands) expect(await writing).toMatchObject({ status: "committed" });
    else await expect(writing).rejects.toMatchObject({ code: "unavailable" });
    expect(state.get("a")).toBe(lands ? 2 : 1);
    await state.close();
    await using again = await StateManager.open({ storage });
    expect(again.get("a")).toBe(lands ? 2 : 1);
    await again.set("a", 3);
    const told: unknown[] = [];
    for await (const { data } of again.events.since()) {
      told.push(Reflect.get(Object(data), "newValue"));
      if (told.at(-1) === 3) break;
    }
    expect(told).toEqual(lands ? [1, 2, 3] : [1, 3]);
  }
});
