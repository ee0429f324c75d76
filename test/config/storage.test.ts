import { expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { localStore } from "../../src/config/runtime.ts";
import { createBackend, parseStorageConfig, type StorageConfig, storageSchema } from "../../src/config.ts";
import { StateManager } from "../../src/index.ts";
import { inFolder } from "../state/world.ts";

test("without a configuration, or without a type, it is memory", async () => {
  for (const config of [undefined, {}]) expect(parseStorageConfig(config)).toEqual({ type: "memory" });
  const adapter = await createBackend();
  expect(adapter.name).toBe("memory");
  await using state = await StateManager.open({ storage: adapter });
  await state.set("k", 1);
  expect(state.get("k")).toBe(1);
});

test("a filesystem store by configuration survives a restart", () =>
  inFolder(async (path) => {
    const config: StorageConfig = { type: "filesystem", path, compactAbove: 1024 };
    {
      await using state = await StateManager.open({ storage: await createBackend(config) });
      await state.set("k", 1);
    }
    await using again = await StateManager.open({ storage: await createBackend(config) });
    expect(again.get("k")).toBe(1);
  }));

test("sled is the runtime's own store", () =>
  inFolder(async (path) => {
    expect((await createBackend({ type: "sled", path })).name).toBe("filesystem");
    const node = { process: { versions: { node: "24" } } };
    expect(localStore({ ...node, indexedDB: {} })).toBe("filesystem");
    expect(localStore({ indexedDB: {}, process: { versions: {} } })).toBe("indexeddb");
    expect(localStore({ ...node, navigator: { userAgent: "Cloudflare-Workers" } })).toBeUndefined();
    expect(localStore({})).toBeUndefined();
  }));

test("each adapter gets the fields of its configuration, and no others", async () => {
  const storage = { transaction: () => undefined };
  const namespace = { get: () => null, list: () => null, put: () => null, delete: () => null };
  const configs: StorageConfig[] = [
    {
      type: "indexeddb",
      name: "n",
      storeName: "s",
      durability: "strict",
      fallback: "memory",
      openTimeoutMs: 5,
    },
    { type: "indexeddb", name: "n", storeName: undefined },
    { type: "localforage", name: "n", storeName: "s", driver: "localstorage", prefix: "p", lockTimeoutMs: 5 },
    { type: "durable-object", storage, name: "n" },
    { type: "cloudflare-kv", namespace, prefix: "p", stalenessMs: 120_000 },
  ];
  for (const config of configs) expect((await createBackend(config)).name).toBe(config.type);
  expect((await createBackend({ type: "indexeddb", name: "n", fallback: "memory" })).fallback).toBe("memory");
  // What arrives is refused by the adapter itself.
  const refused: StorageConfig[] = [
    { type: "indexeddb", name: "a/b" },
    { type: "localforage", name: "n", prefix: "a b" },
    { type: "durable-object", storage: {} },
    { type: "durable-object", storage, name: "A" },
    { type: "cloudflare-kv", namespace, prefix: "A" },
  ];
  for (const config of refused) await expect(createBackend(config)).rejects.toThrow(TypeError);
});

test("a backend that is not known is named", async () => {
  for (const type of ["redis", "Memory", "constructor", ""]) {
    const unknown = createBackend({ type } as never);
    await expect(unknown).rejects.toMatchObject({
      code: "unsupported",
      message: `Unsupported storage backend: ${type}`,
    });
  }
  await expect(createBackend({ type: "rocksdb", path: "./x" } as never)).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringMatching(/^Unsupported storage backend: rocksdb\. There is no adapter for it yet/),
  });
});

test("what is wrong is told with its path", async () => {
  const cases: readonly (readonly [config: unknown, path: string, message: RegExp])[] = [
    [{ type: "filesystem" }, "path", /at path: .*string/],
    [{ type: "filesystem", path: "" }, "path", /at path/],
    [{ type: "filesystem", path: "x", fsync: false }, "", /"fsync"/],
    [{ path: "./x" }, "", /"path"/],
    [{ type: "memory", path: "x" }, "", /"path"/],
    [{ type: "indexeddb", name: "n", durability: "full" }, "durability", /"relaxed"/],
    [{ type: "cloudflare-kv" }, "namespace", /a binding/],
    [{ type: "localforage", name: "n", lockTimeoutMs: 1.5 }, "lockTimeoutMs", /at lockTimeoutMs/],
    [{ type: 5 }, "type", /at type/],
    [[], "", /./],
    [null, "", /./],
    ["memory", "", /./],
    [memory(), "", /./],
  ];
  for (const [config, path, message] of cases) {
    await expect(createBackend(config as never)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(message),
      facts: { path },
    });
  }
});

test("what is plain data comes back from JSON as it was, and is frozen", () => {
  const config = parseStorageConfig({ type: "indexeddb", name: "n", openTimeoutMs: 5 });
  expect(parseStorageConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  expect(Object.isFrozen(config)).toBe(true);
});

test("the schema can be part of a program's own", () => {
  expect(storageSchema.parse({ type: "filesystem", path: "x" })).toEqual({ type: "filesystem", path: "x" });
});
