import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import type { StateErrorCode } from "../../src/adapter.ts";
import { StateManager } from "../../src/index.ts";
import { quiet } from "../state/world.ts";
import {
  deleteDatabase,
  failRequest,
  failure,
  heldFactory,
  key,
  namesIn,
  opened,
  scanned,
} from "./factory.ts";

/** Factories of browsers in which IndexedDB cannot be used. */
const unusable: Record<string, () => IDBFactory> = {
  "site data are blocked": () => {
    const { factory } = heldFactory();
    factory.open = () => {
      throw failure("SecurityError");
    };
    return factory;
  },
  "the window is private and opens no database": () => failingOpen("InvalidStateError"),
  "the window is private and takes no write": takesNoWrite,
};

/** It opens a database, and the first write meets the quota. */
function takesNoWrite(): IDBFactory {
  const { factory } = heldFactory();
  const open = factory.open.bind(factory);
  factory.open = (...args) => {
    const request = open(...args);
    request.addEventListener("upgradeneeded", () => {
      const database = request.result;
      const create = database.createObjectStore.bind(database);
      database.createObjectStore = (...made) => {
        const records = create(...made);
        failRequest(records.transaction, "put", failure("QuotaExceededError"));
        return records;
      };
    });
    return request;
  };
  return factory;
}

/** Each opening fails with an event. */
function failingOpen(name: string): IDBFactory {
  const { factory } = heldFactory();
  factory.open = () => {
    const request = new IDBOpenDBRequest();
    queueMicrotask(() => {
      Object.assign(request, { readyState: "done", error: failure(name) });
      request.dispatchEvent(new IDBVersionChangeEvent("error"));
    });
    return request;
  };
  return factory;
}

describe.each(Object.entries(unusable))("where %s", (_, made) => {
  it("opening is refused in a clear sentence", async () => {
    const factory = made();
    const opening = StateManager.open({ storage: indexedDB({ name: "x", factory }) });
    await expect(opening).rejects.toMatchObject({
      code: "unsupported",
      message: /cannot be used here.*private.*fallback: "memory"/,
    });
  });

  it("a store in memory takes its place if the caller agreed, and says so", async () => {
    const { lines, logger } = quiet();
    const storage = indexedDB({ name: "x", factory: made(), fallback: "memory" });
    await using state = await StateManager.open({ storage, ports: { logger } });
    await state.set("a", 1);
    expect([state.storageMode, state.capabilities.durability, state.get("a")]).toEqual(["memory", "none", 1]);
    expect(lines).toEqual([expect.stringMatching(/indexeddb cannot be used here: state lives in memory/)]);
    const strict = { storage, require: { durability: "process" }, ports: { logger } } as const;
    await expect(StateManager.open(strict)).rejects.toMatchObject({ code: "unsupported" });
  });
});

describe("where there is no IndexedDB", () => {
  afterEach(() => vi.unstubAllGlobals());

  // Some browsers have the name and put null there.
  it.each([undefined, null])("opening is refused in a clear sentence where it is %s", async (none) => {
    vi.stubGlobal("indexedDB", none);
    await expect(StateManager.open({ storage: indexedDB({ name: "x" }) })).rejects.toMatchObject({
      code: "unsupported",
    });
  });
});

it("leaves no database where none could be written", async () => {
  const factory = takesNoWrite();
  const storage = indexedDB({ name: "x", factory });
  await expect(StateManager.open({ storage })).rejects.toMatchObject({ code: "unsupported" });
  expect(await namesIn(factory)).toEqual([]);
});

it("never hides stored state behind an empty store in memory", async () => {
  const codes: [string, StateErrorCode][] = [
    ["UnknownError", "unavailable"],
    ["QuotaExceededError", "quota"],
  ];
  for (const [name, code] of codes) {
    const storage = indexedDB({ name: "x", factory: failingOpen(name), fallback: "memory" });
    await expect(StateManager.open({ storage }), name).rejects.toMatchObject({ code });
  }
});

it("says that it is persistent where it is", async () => {
  const { factory } = heldFactory();
  await using state = await StateManager.open({
    storage: indexedDB({ name: "x", factory, fallback: "memory" }),
  });
  expect(state.storageMode).toBe("persistent");
});

it.each([
  ["lists its databases", true],
  ["does not", false],
])(
  "read-only, where the browser %s, makes no database, and sees one that is made later",
  async (_, lists) => {
    const held = heldFactory();
    const databases = held.factory.databases.bind(held.factory);
    if (!lists) Object.assign(held.factory, { databases: undefined });
    const reader = await opened(held, true);
    expect(await reader.get([key("a")])).toEqual([undefined]);
    expect(await scanned(reader)).toEqual([]);
    expect(await databases()).toEqual([]);
    // Not even for a moment: an upgrade that is undone leaves a file in WebKit.
    expect(held.upgrades).toBe(lists ? 0 : 3);
    const writer = await opened(held);
    await writer.commit({ writes: [{ put: key("a"), value: new Uint8Array([1]) }] });
    expect(await reader.get([key("a")])).toEqual([new Uint8Array([1])]);
    await Promise.all([reader.close(), writer.close()]);
  },
);

it("leaves another program's database alone", async () => {
  for (const version of [1, 7]) {
    const held = heldFactory();
    await new Promise<void>((resolve) => {
      const request = held.factory.open("faults", version);
      request.onupgradeneeded = () => request.result.createObjectStore("theirs");
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    await expect(opened(held)).rejects.toMatchObject({ code: version === 1 ? "invalid" : "newer_format" });
    // No handle was kept, and the layout is theirs.
    await deleteDatabase(held.factory, "faults");
  }
});

describe("an opening that others hold up", () => {
  it("is given up in time, makes nothing later, and the next one works", async () => {
    const held = heldFactory();
    await (await opened(held)).close();
    // A tab that does not make way, and one that wants the database deleted: everyone behind them waits.
    const stubborn = await new Promise<IDBDatabase>((resolve) => {
      const request = held.factory.open("faults");
      request.onsuccess = () => resolve(request.result);
    });
    const deleting = deleteDatabase(held.factory, "faults");
    await expect(opened(held)).rejects.toMatchObject({ code: "unavailable", retryable: true });
    stubborn.close();
    await deleting;
    await vi.waitFor(async () => expect(await namesIn(held.factory)).toEqual([]));
    const store = await opened(held);
    expect(await store.commit({ writes: [] })).toBe("committed");
    await store.close();
  });

  it("is locked where the browser says that other tabs block it, and lets go of what opens too late", async () => {
    const held = heldFactory();
    await (await opened(held)).close();
    const open = held.factory.open.bind(held.factory);
    let release = () => {};
    held.factory.open = (...args) => {
      const request = open(...args);
      const success = request.addEventListener.bind(request);
      // Success comes when the test says so.
      request.addEventListener = (type: string, listener: EventListenerOrEventListenerObject) =>
        success(type, (event) => {
          if (type !== "success" || typeof listener !== "function") return;
          release = () => listener.call(request, event);
        });
      queueMicrotask(() => request.onblocked?.call(request, new IDBVersionChangeEvent("blocked")));
      return request;
    };
    await expect(opened(held)).rejects.toMatchObject({ code: "locked", retryable: true });
    await vi.waitFor(() => expect(held.opened.length).toBe(2));
    const late = held.opened[1];
    release();
    await vi.waitFor(() => expect(() => late?.transaction("records")).toThrow(/closing|state/i));
    held.factory.open = open;
    await (await opened(held)).close();
  });
});

it("gives each store name a database of its own", async () => {
  const { factory } = heldFactory();
  for (const more of [{}, { storeName: "b" }, { storeName: "c" }]) {
    await using state = await StateManager.open({ storage: indexedDB({ name: "a", ...more, factory }) });
    expect(state.size).toBe(0);
    await state.set("here", 1);
  }
  expect((await namesIn(factory)).sort()).toEqual(["a", "a/b", "a/c"]);
});

it("refuses options that it does not have", () => {
  const wrong: object[] = [
    {},
    { name: "" },
    { name: "a/b" },
    { name: "a\ud800" },
    { name: "a", storeName: "" },
    { name: "a", storeName: "b/c" },
    { name: "a", durability: "none" },
    { name: "a", fallback: "localStorage" },
    { name: "a", openTimeoutMs: 0 },
    { name: "a", openTimeoutMs: 2 ** 31 },
    { name: "a", openTimeoutMs: Number.POSITIVE_INFINITY },
    { name: "a", version: 2 },
  ];
  for (const options of wrong)
    expect(() => Reflect.apply(indexedDB, undefined, [options]), JSON.stringify(options)).toThrow(TypeError);
});

describe("in a page", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("stores what waits when the page is hidden or left, each store for itself", () => {
    const kept = new Map<string, string>();
    const localStorage = { setItem: (name: string, text: string) => void kept.set(name, text) };
    vi.stubGlobal("window", Object.assign(new EventTarget(), { localStorage }));
    vi.stubGlobal("document", new EventTarget());
    const lifecycles = [{ name: "a" }, { name: "b" }, { name: "a", storeName: "b" }].map(
      (options) => indexedDB(options).lifecycle,
    );
    for (const lifecycle of lifecycles) lifecycle?.pending?.write("w.1", "text");
    expect(kept.size).toBe(3);
    let hidden = 0;
    const stop = lifecycles[0]?.onSuspend(async () => void hidden++);
    window.dispatchEvent(new Event("pagehide"));
    stop?.();
    expect(hidden).toBeGreaterThan(0);
  });

  it("keeps nothing in localStorage for a database that only its factory can tell from another", () => {
    vi.stubGlobal("window", new EventTarget());
    vi.stubGlobal("document", new EventTarget());
    const { lifecycle } = indexedDB({ name: "a", factory: heldFactory().factory });
    expect([typeof lifecycle?.onSuspend, lifecycle?.pending]).toEqual(["function", undefined]);
  });
});

it("brings no lifecycle where there is no page", () => {
  expect(indexedDB({ name: "a" }).lifecycle).toBe(undefined);
});
