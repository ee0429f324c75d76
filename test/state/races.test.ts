import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { StorageAdapter, Store } from "../../src/adapter.ts";
import { agent, custom, modify, type StateManagerOptions, type UniversalEvent } from "../../src/index.ts";
import { open } from "./world.ts";

const BIG = "x".repeat(20_000);

/** Another program's way to the same data: it hears nothing of others by itself, and its calls can be altered. */
function beside(
  shared: StorageAdapter,
  alter: (store: Store) => Partial<Store> = () => ({}),
): StorageAdapter {
  return {
    name: "beside",
    async open(opening) {
      const { watch: _, ...store } = await shared.open(opening);
      return { ...store, ...alter(store) };
    },
  };
}

/** A gate that commits wait at. */
function gated(shared: StorageAdapter) {
  let gate: Promise<void> | undefined;
  let lift = () => {};
  let arrive = () => {};
  const storage = beside(shared, (store) => ({
    async commit(batch) {
      if (gate !== undefined) arrive();
      await gate;
      return store.commit(batch);
    },
  }));
  /** Resolves when a commit stands at the gate. */
  const shut = (): Promise<void> => {
    gate = new Promise((resolve) => {
      lift = () => {
        gate = undefined;
        resolve();
      };
    });
    return new Promise((resolve) => {
      arrive = resolve;
    });
  };
  return { storage, shut, lift: () => lift() };
}

async function take(events: AsyncIterable<UniversalEvent>, count: number): Promise<UniversalEvent[]> {
  const taken: UniversalEvent[] = [];
  for await (const event of events) if (taken.push(event) === count) break;
  return taken;
}

test("a scope that is loaded while another writer's large values are read keeps what it loaded", async () => {
  const shared = memory();
  await using a = await open({ storage: shared });
  const storage = beside(shared, (store) => ({
    async get(keys) {
      const found = await store.get(keys);
      if (keys.some((key) => key.startsWith("v/"))) await wait(15);
      return found;
    },
  }));
  await using b = await open({ storage });
  await a.batch((tx) => {
    for (let i = 0; i < 4; i++) tx.set(agent("other"), `g${i}`, BIG);
    tx.set(agent("s"), "doc", BIG);
  });
  await using other = await b.agent("other");
  const refreshing = b.refresh();
  await wait(5);
  await using handle = await b.agent("s");
  await refreshing;
  expect([handle.has("doc"), other.size]).toEqual([true, 4]);
});

describe.each(["immediate", "buffered"] as const)("closing while a %s write catches up", (mode) => {
  test.each([10, 25, 40, 60])("after %i ms stores it first", async (ms) => {
    const shared = memory();
    await using b = await open({ storage: shared });
    await b.set("x", 1);
    let delay = 0;
    const storage = beside(shared, (store) => ({
      async get(keys) {
        const found = await store.get(keys);
        await wait(delay);
        return found;
      },
    }));
    const a = await open({ storage, persistence: { mode, flushIntervalMs: 60_000 } });
    await b.set("x", 2);
    delay = 20;
    const written = a.set("mine", 1);
    const flushed = a.flush();
    await wait(ms);
    await a.close();
    await Promise.all([written, flushed]);
    await b.refresh();
    expect(b.get("mine")).toBe(1);
  });
});

test("a buffered flush rejects when what waited for it was given up", async () => {
  let failure: Error | undefined;
  const storage = beside(memory(), (store) => ({
    commit: (batch) => (failure ? Promise.reject(failure) : store.commit(batch)),
  }));
  const options: StateManagerOptions = {
    storage,
    persistence: { mode: "buffered", flushIntervalMs: 60_000 },
  };
  const state = await open(options);
  await state.set("k", 1);
  await state.flush();
  failure = new TypeError("EIO");
  await state.set("k", 2);
  await expect(state.flush()).rejects.toMatchObject({ code: "unknown_outcome" });
  await state.close().catch((error: unknown) => expect(error).toMatchObject({ code: "unknown_outcome" }));
});

test("what a hook saw in a scope that has left memory since is looked at again", async () => {
  const shared = memory();
  await using b = await open({ storage: shared });
  await b.setWithHooks(custom("limits"), "max", 10);
  const gate = gated(shared);
  await using a = await open({ storage: gate.storage, persistence: { cacheSizeLimit: 0 } });
  a.hooks.on("before_state_change", { id: "limit" }, async (_, context) =>
    modify(await context.state.get(custom("limits"), "max")),
  );
  const [handle, other] = [await a.agent("one"), await a.agent("two")];
  const standing = gate.shut();
  const written = handle.set("v", 1);
  await standing;
  other.close();
  await b.setWithHooks(custom("limits"), "max", 3);
  gate.lift();
  await written;
  expect(handle.get("v")).toBe(3);
});

test("a reader goes on inside a commit by the id of the last event it handled", async () => {
  await using state = await open();
  await state.batch((tx) => {
    for (const key of ["a", "b", "c"]) tx.set(agent("q"), key, 1);
  });
  await state.set("after", 1);
  const keys = (events: readonly UniversalEvent[]) => events.map((e) => (e.data as { key: string }).key);
  const [first] = await take(state.events.since(), 1);
  expect(keys(await take(state.events.since(first?.id), 3))).toEqual(["b", "c", "after"]);
  expect(keys(await take(state.events.since(first?.revision), 1))).toEqual(["after"]);
  await expect(state.events.since(`${first?.id}.1`).next()).rejects.toMatchObject({ code: "invalid" });
});

test("neither flush nor a conditional write nor loading waits for writes of other scopes that never end", async () => {
  const shared = memory();
  const before = await open({ storage: shared });
  await before.setWithHooks(agent("large"), "doc", BIG);
  await before.close();
  const storage = beside(shared, (store) => ({
    async commit(batch) {
      await wait(3);
      return store.commit(batch);
    },
    async get(keys) {
      if (keys.some((key) => key.startsWith("v/"))) await wait(10);
      return store.get(keys);
    },
  }));
  await using state = await open({ storage });
  await using handle = await state.agent("a");
  const busy = setInterval(() => void state.set("n", Math.random()), 2);
  try {
    await wait(15);
    void handle.set("k", 1);
    expect(await handle.set("k", 2, { expectedRevision: null })).toMatchObject({ status: "conflict" });
    await state.flush();
    expect((await state.agent("large")).has("doc")).toBe(true);
  } finally {
    clearInterval(busy);
  }
});

test("a deletion that another writer was faster with is not a second one", async () => {
  const shared = memory();
  await using b = await open({ storage: shared });
  await b.set("k", 1);
  const gate = gated(shared);
  await using a = await open({ storage: gate.storage });
  const standing = gate.shut();
  const deleted = a.delete("k");
  await standing;
  await b.delete("k");
  gate.lift();
  await deleted;
  await a.set("end", 1);
  const operations = (await take(a.events.since(), 3)).map(
    (e) => (e.data as { operation: string }).operation,
  );
  expect(operations).toEqual(["set", "delete", "set"]);
});

test("a clear takes along what another writer added before it", async () => {
  const shared = memory();
  await using b = await open({ storage: shared });
  await b.setWithHooks(agent("s"), "old", 1);
  const gate = gated(shared);
  await using a = await open({ storage: gate.storage });
  await using handle = await a.agent("s");
  const standing = gate.shut();
  const cleared = handle.clear();
  await standing;
  await b.setWithHooks(agent("s"), "new", 1);
  gate.lift();
  await cleared;
  expect(handle.keys()).toEqual([]);
});

describe("a live scope with a damaged record of another writer's", () => {
  async function damaged(isBad: (key: string, last: string) => boolean) {
    const shared = memory();
    const b = await open({ storage: shared });
    await b.setWithHooks(agent("s"), "k", 1);
    let last = "";
    const flip = (key: string, value: Uint8Array) =>
      last !== "" && isBad(key, last)
        ? value.map((byte, i) => (i === value.length - 1 ? byte ^ 1 : byte))
        : value;
    const storage = beside(shared, (store) => ({
      async get(keys) {
        return (await store.get(keys)).map((value, i) => value && flip(keys[i] ?? "", value));
      },
      async *scan(range, options) {
        for await (const chunk of store.scan(range, options))
          yield chunk.map(({ key, value }) => ({ key, value: flip(key, value) }));
      },
    }));
    const a = await open({ storage });
    const handle = await a.agent("s");
    const result = await b.setWithHooks(agent("s"), "doc", BIG);
    await b.set("other", 1);
    if (result.status === "committed") last = result.revision;
    await a.refresh();
    return { a, b, handle };
  }

  test.each([
    ["page", (key: string, last: string) => key === `j/${last}`],
    ["large value", (key: string) => key.startsWith("v/")],
  ])("(%s) answers no more, and the others go on", async (_, isBad) => {
    const { a, b, handle } = await damaged(isBad);
    const corrupt = { code: "corrupt" };
    expect(() => handle.get("k")).toThrow(expect.objectContaining(corrupt));
    await expect(handle.update("k", () => 2)).rejects.toMatchObject(corrupt);
    await expect(a.agent("s")).rejects.toMatchObject(corrupt);
    await expect(a.setWithHooks(agent("s"), "k", 2)).rejects.toMatchObject(corrupt);
    expect(a.get("other")).toBe(1);
    expect(await a.set("mine", 1)).toMatchObject({ status: "committed" });
    await Promise.all([a.close(), b.close()]);
  });
});
