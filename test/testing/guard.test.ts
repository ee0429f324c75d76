import { describe, expect, it } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { Key, StorageAdapter, Store, StoreOpening } from "../../src/adapter.ts";
import { isStateError } from "../../src/adapter.ts";
import { utf8 } from "../../src/ground/bytes.ts";
import { guard } from "../../src/store/guard.ts";

const key = (text: string) => text as Key;
const WRITABLE: StoreOpening = { readOnly: false };
const native = new Error("ENOSPC: no space left on device");

/** A memory adapter whose stores have some calls replaced. */
function changed(
  change: (sound: Store) => Partial<Store>,
  more: Partial<StorageAdapter> = {},
): StorageAdapter {
  const adapter = memory();
  return {
    name: "changed",
    async open(opening) {
      const sound = await adapter.open(opening);
      return { ...sound, ...change(sound) };
    },
    ...more,
  };
}

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("it should have rejected"),
    (error: unknown) => error,
  );
}

async function chunkOf(store: Store): Promise<unknown> {
  return store
    .scan({ from: key("a"), to: key("b") })
    [Symbol.asyncIterator]()
    .next();
}

function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("the guard", () => {
  it("names a native failure once, with adapter, cause and advice", async () => {
    const failing = async () => Promise.reject(native);
    const adapter = changed(
      () => ({
        get: failing,
        commit: failing,
        close: failing,
        async *scan() {
          yield await failing();
        },
      }),
      { classify: (error) => (error === native ? "quota" : undefined) },
    );
    const store = await guard(adapter, WRITABLE);
    const calls = {
      get: () => store.get([key("a")]),
      commit: () => store.commit({ writes: [] }),
      scan: () => chunkOf(store),
      close: () => store.close(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await reasonOf(call());
      expect(isStateError(error, "quota"), name).toBe(true);
      expect(error).toMatchObject({ cause: native, facts: { adapter: "changed" } });
      expect(String(error)).toMatch(/changed failed\. The store has no room left.*ENOSPC/);
    }
  });

  it("takes a failure the adapter does not know for unavailable, also a rejection that is no error", async () => {
    const store = await guard(
      changed(() => ({ get: () => Promise.reject("gone") })),
      WRITABLE,
    );
    const error = await reasonOf(store.get([key("a")]));
    expect(error).toMatchObject({ code: "unavailable", retryable: true, cause: "gone" });
  });

  it("names a failed open, and passes a StateError through untouched", async () => {
    const failed = await reasonOf(guard({ name: "x", open: () => Promise.reject(native) }, WRITABLE));
    expect(failed).toMatchObject({ code: "unavailable", cause: native });
    const again = await reasonOf(guard({ name: "y", open: () => Promise.reject(failed) }, WRITABLE));
    expect(again).toBe(failed);
  });

  it("waits in close for what is in flight, refuses what comes after, and closes the adapter's store once", async () => {
    const { opened, open } = gate();
    const events: string[] = [];
    const adapter = changed(() => ({
      async commit() {
        await opened;
        events.push("committed");
        return "committed";
      },
      async close() {
        events.push("closed");
      },
    }));
    const store = await guard(adapter, WRITABLE);
    const committing = store.commit({ writes: [] });
    const closing = Promise.all([store.close(), store.close()]);
    expect(await reasonOf(store.get([key("a")]))).toMatchObject({ code: "closed" });
    open();
    await closing;
    await store.close();
    expect(await committing).toBe("committed");
    expect(events).toEqual(["committed", "closed"]);
  });

  it("closes the adapter's store also when a scan cannot be ended, and reports that", async () => {
    let closed = false;
    const adapter = changed(() => ({
      scan: () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: [] }),
          return: () => Promise.reject(native),
        }),
      }),
      async close() {
        closed = true;
      },
    }));
    const store = await guard(adapter, WRITABLE);
    await store
      .scan({ from: key("a"), to: key("b") })
      [Symbol.asyncIterator]()
      .next();
    expect(await reasonOf(store.close())).toMatchObject({ code: "unavailable", cause: native });
    expect(closed).toBe(true);
  });

  it("closes a store that opened after its signal was aborted", async () => {
    const controller = new AbortController();
    let closed = false;
    const adapter = changed(() => ({
      async close() {
        closed = true;
      },
    }));
    const slow: StorageAdapter = {
      ...adapter,
      async open(opening) {
        const store = await adapter.open(opening);
        controller.abort();
        return store;
      },
    };
    const error = await reasonOf(guard(slow, { readOnly: false, signal: controller.signal }));
    expect(error).toMatchObject({ code: "aborted" });
    expect(closed).toBe(true);
  });

  it("keeps read-only commits from the adapter", async () => {
    let commits = 0;
    const adapter = changed(() => ({
      async commit() {
        commits++;
        return "committed";
      },
    }));
    const store = await guard(adapter, { readOnly: true });
    expect(await reasonOf(store.commit({ writes: [] }))).toMatchObject({ code: "read_only" });
    expect(commits).toBe(0);
  });

  it("takes malformed keys, ranges and batches for faults of the engine", async () => {
    const limits = { maxValueBytes: 4, maxBatch: { count: 2, bytes: 10 } };
    const store = await guard(
      changed((sound) => ({ capabilities: { ...sound.capabilities, ...limits } })),
      WRITABLE,
    );
    const put = (name: string, bytes: number) => ({ put: key(name), value: new Uint8Array(bytes) });
    for (const name of ["", "A", "a b", "ä", "a\\b", "a:b", "a\n", "a%"]) {
      expect(await reasonOf(store.get([key(name)])), name).toBeInstanceOf(TypeError);
      expect(await reasonOf(store.commit({ writes: [put(name, 1)] })), name).toBeInstanceOf(TypeError);
      expect(await reasonOf(store.commit({ writes: [{ delete: key(name) }] })), name).toBeInstanceOf(
        TypeError,
      );
    }
    const swap = { key: key("p"), from: undefined, to: utf8("x") };
    for (const writes of [
      [put("a", 5)],
      [put("a", 4), put("b", 4), put("c", 4)],
      [put("a", 4), put("b", 4), { delete: key("c") }],
    ]) {
      expect(await reasonOf(store.commit({ writes }))).toBeInstanceOf(TypeError);
    }
    expect(await reasonOf(store.commit({ writes: [put("a", 1), put("b", 1)], swap }))).toBeInstanceOf(
      TypeError,
    );
    expect(await store.commit({ writes: [put("a", 4), put("b", 4)] })).toBe("committed");
    const scan = store.scan({ from: key("a"), to: key("b"), limit: -1 })[Symbol.asyncIterator]();
    expect(await reasonOf(Promise.resolve(scan.next()))).toBeInstanceOf(TypeError);
  });
});
