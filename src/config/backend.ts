import { StateError } from "../ground/error.ts";
import type { StorageAdapter } from "../index.ts";
import { localStore } from "./runtime.ts";
import { parseStorageConfig, type StorageConfig } from "./storage.ts";

/**
 * The adapter that a configuration names, for `storage` of `StateManager.open`. Its code is loaded now, and that of the
 * others never. Without a configuration: memory.
 *
 * Rejects as `parseStorageConfig` throws, with `unsupported` for `sled` where the runtime keeps nothing, with
 * `unavailable` where the adapter's code or the package it needs (`idb`, `localforage`) cannot be had, and with a
 * TypeError where a value is not what the adapter takes.
 *
 * @example
 * const state = await StateManager.open({ storage: await createBackend({ type: "filesystem", path: "./state" }) });
 */
export async function createBackend(config?: StorageConfig): Promise<StorageAdapter> {
  const checked = parseStorageConfig(config);
  return backend(checked.type === "sled" ? local(checked.path) : checked);
}

type Named = Exclude<StorageConfig, { type: "sled" }>;

async function backend(config: Named): Promise<StorageAdapter> {
  switch (config.type) {
    case "memory":
      return (await loaded(config, import("keepstate/adapters/memory"))).memory();
    case "filesystem": {
      const { filesystem } = await loaded(config, import("keepstate/adapters/filesystem"));
      return filesystem(optionsOf(config));
    }
    case "indexeddb": {
      const { indexedDB } = await loaded(config, import("keepstate/adapters/indexeddb"));
      return indexedDB(optionsOf(config));
    }
    case "localforage": {
      const { localForage } = await loaded(config, import("keepstate/adapters/localforage"));
      return localForage(optionsOf(config));
    }
    case "durable-object": {
      const { durableObject } = await loaded(config, import("keepstate/adapters/durable-object"));
      const { storage, ...options } = optionsOf(config);
      return durableObject(storage as Parameters<typeof durableObject>[0], options); // which looks at it
    }
    case "cloudflare-kv": {
      const { cloudflareKv } = await loaded(config, import("keepstate/adapters/cloudflare-kv"));
      const { namespace, ...options } = optionsOf(config);
      return cloudflareKv(namespace as Parameters<typeof cloudflareKv>[0], options); // which looks at it
    }
  }
}

async function loaded<M>({ type }: Named, code: Promise<M>): Promise<M> {
  try {
    return await code;
  } catch (cause) {
    throw new StateError(
      "unavailable",
      `the adapter for ${type} could not be loaded; is the package it needs installed?`,
      { adapter: type, cause },
    );
  }
}

/** A field that is there and undefined is one that was left out. */
type Given<C> = { [F in keyof Omit<C, "type">]: Exclude<Omit<C, "type">[F], undefined> };

function optionsOf<C extends Named>({ type: _, ...options }: C): Given<C> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Given<C>; // of the same fields
}

function local(path: string): Named {
  const type = localStore(globalThis);
  if (type === "filesystem") return { type, path };
  // A database's name has no "/".
  if (type === "indexeddb") return { type, name: encodeURIComponent(path) };
  throw new StateError(
    "unsupported",
    "Unsupported storage backend: sled. This runtime keeps nothing locally",
  );
}
