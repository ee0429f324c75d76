import "fake-indexeddb/auto";
import { afterEach, describe, expect, it } from "vitest";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import { utf8 } from "../../src/ground/bytes.ts";
import { heldFactory, key, opened, scanned } from "./factory.ts";

/** What a call asks of IndexedDB: one entry for each transaction, with its requests in order. */
function recorded() {
  const held = heldFactory();
  const log: string[][] = [];
  held.onTransaction = (transaction) => {
    const calls = [`${transaction.mode} ${transaction.durability}`];
    log.push(calls);
    const records = transaction.objectStore("records");
    for (const method of ["get", "put", "delete", "getAll", "getAllKeys", "openKeyCursor"] as const) {
      const call = records[method];
      const spy = (...args: unknown[]) => {
        calls.push(method.startsWith("getAll") ? `${method} ${args[1]}` : method);
        return Reflect.apply(call, records, args);
      };
      Object.assign(records, { [method]: spy });
    }
    const commit = transaction.commit?.bind(transaction);
    transaction.commit = () => {
      calls.push("end");
      commit();
    };
  };
  return { held, log };
}

const page = { put: key("j/1"), value: utf8("page") };
const head = { key: key("head"), from: undefined, to: utf8("1") };

describe("what it costs", () => {
  it("a commit is one transaction: the comparison and the puts are asked for at once", async () => {
    const { held, log } = recorded();
    const store = await opened(held);
    await store.commit({ writes: [page], swap: head });
    await store.commit({ writes: [page] });
    await store.commit({ writes: [page], swap: head });
    expect(log).toEqual([
      ["readwrite relaxed", "get", "put", "put", "end"],
      ["readwrite relaxed", "put", "end"],
      ["readwrite relaxed", "get", "put", "put"],
    ]);
    await store.close();
  });

  it("a get is one transaction, and so is each chunk of a scan, in bulk", async () => {
    const { held, log } = recorded();
    const store = await opened(held);
    await store.commit({ writes: ["a", "b", "c"].map((name) => ({ put: key(name), value: utf8(name) })) });
    log.length = 0;
    await store.get([key("a"), key("b"), key("none")]);
    await scanned(store);
    await scanned(store, undefined, { keysOnly: true });
    await scanned(store, { from: key("a"), to: key("z"), reverse: true, limit: 2 });
    expect(log).toEqual([
      ["readonly relaxed", "get", "get", "get", "end"],
      ["readonly relaxed", "getAllKeys 16", "getAll 16", "end"],
      ["readonly relaxed", "getAllKeys 4096", "end"],
      ["readonly relaxed", "openKeyCursor", "getAllKeys 2", "getAll 2", "end"],
    ]);
    await store.close();
  });

  it("many small entries are asked for in larger bulks, and large ones a few at a time", async () => {
    const { held, log } = recorded();
    const store = await opened(held);
    const sizes = [...Array<number>(200).fill(10), ...Array<number>(40).fill(1000)];
    const names = sizes.map((_, i) => key(`k${String(i).padStart(3, "0")}`));
    await store.commit({ writes: sizes.map((size, i) => ({ put: names[i]!, value: new Uint8Array(size) })) });
    for (const reverse of [false, true]) {
      log.length = 0;
      const found = await scanned(store, { from: key("a"), to: key("z"), reverse }, { maxBytes: 8000 });
      expect(found.map((entry) => entry.key)).toEqual(reverse ? names.toReversed() : names);
      const counts = log.map((calls) => Number(calls.at(-2)?.split(" ")[1]));
      expect(counts.slice(0, 3)).toEqual(reverse ? [16, 8, 8] : [16, 128, 128]);
      expect(counts.length).toBeLessThan(12);
    }
    await store.close();
  });
});

it("works where a transaction cannot be ended by hand", async () => {
  const held = heldFactory();
  held.onTransaction = (transaction) => void Object.assign(transaction, { commit: undefined });
  const store = await opened(held);
  expect(await store.commit({ writes: [page], swap: head })).toBe("committed");
  expect(await store.commit({ writes: [{ delete: page.put }], swap: head })).toBe("conflict");
  expect((await scanned(store)).map((entry) => entry.key)).toEqual(["head", "j/1"]);
  await store.close();
});

it("stores a view alone, not the buffer that it looks at", async () => {
  const held = heldFactory();
  const store = await opened(held);
  const pool = new Uint8Array(1024 * 1024);
  pool.set(utf8("value"), 100);
  const view = pool.subarray(100, 105);
  await store.commit({
    writes: [{ put: key("a"), value: view }],
    swap: { key: key("p"), from: undefined, to: view },
  });
  for (const value of await store.get([key("a"), key("p")]))
    expect([value, value?.buffer.byteLength]).toEqual([utf8("value"), 5]);
  await store.close();
});

describe("durability", () => {
  afterEach(() => void Reflect.deleteProperty(IDBTransaction.prototype, "durability"));

  const capabilitiesOf = async (durability?: "relaxed" | "strict") => {
    const { held, log } = recorded();
    const adapter = indexedDB({ name: "d", factory: held.factory, ...(durability && { durability }) });
    const store = await adapter.open({ readOnly: false });
    await store.commit({ writes: [page] });
    await store.close();
    return [store.capabilities.durability, log[0]?.[0]];
  };

  it("is that of a power cut only where it was asked for and the browser knows how", async () => {
    expect(await capabilitiesOf("strict")).toEqual(["process", "readwrite strict"]);
    // The fake knows the option but does not show it where browsers do.
    Object.defineProperty(IDBTransaction.prototype, "durability", { writable: true, configurable: true });
    expect(await capabilitiesOf("strict")).toEqual(["power", "readwrite strict"]);
    expect(await capabilitiesOf("relaxed")).toEqual(["process", "readwrite relaxed"]);
    expect(await capabilitiesOf()).toEqual(["process", "readwrite relaxed"]);
  });
});
