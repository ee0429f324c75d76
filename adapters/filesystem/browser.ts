/** What bundlers for browsers and Workers get in place of the adapter, so that nothing of Node is in their bundles. */
import { StateError, type StorageAdapter } from "../../src/adapter.ts";
import type { FilesystemOptions } from "./adapter.ts";

/** Opening rejects with `unsupported`: here are no files. */
export function filesystem(_options: FilesystemOptions): StorageAdapter {
  return {
    name: "filesystem",
    open: () =>
      Promise.reject(
        new StateError("unsupported", "the filesystem adapter needs Node, Bun or Deno; use indexedDB here", {
          adapter: "filesystem",
        }),
      ),
  };
}
