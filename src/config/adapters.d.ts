/**
 * The package's own adapters as the core sees them, which knows no adapter and no runtime: by the doors that outsiders
 * use. Checked against the real ones where all is compiled together.
 */
declare module "keepstate/adapters/memory" {
  export function memory(): import("../store/store.ts").StorageAdapter;
}
declare module "keepstate/adapters/filesystem" {
  export function filesystem(options: {
    readonly path: string;
    readonly compactAbove?: number;
  }): import("../store/store.ts").StorageAdapter;
}
declare module "keepstate/adapters/indexeddb" {
  export function indexedDB(options: {
    readonly name: string;
    readonly storeName?: string;
    readonly durability?: "relaxed" | "strict";
    readonly fallback?: "memory";
    readonly openTimeoutMs?: number;
  }): import("../store/store.ts").StorageAdapter;
}
declare module "keepstate/adapters/localforage" {
  export function localForage(options: {
    readonly name: string;
    readonly storeName?: string;
    readonly driver?: "indexeddb" | "localstorage";
    readonly prefix?: string;
    readonly lockTimeoutMs?: number;
  }): import("../store/store.ts").StorageAdapter;
}
declare module "keepstate/adapters/durable-object" {
  export function durableObject(
    storage: object,
    options: { readonly name?: string },
  ): import("../store/store.ts").StorageAdapter;
}
declare module "keepstate/adapters/cloudflare-kv" {
  export function cloudflareKv(
    namespace: object,
    options: { readonly prefix?: string; readonly stalenessMs?: number; readonly settleMs?: number },
  ): import("../store/store.ts").StorageAdapter;
}
