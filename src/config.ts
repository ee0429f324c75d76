/** The door of `keepstate/config`: storage by configuration. */
export { createBackend } from "./config/backend.ts";
export { parseStorageConfig, type StorageConfig, storageSchema } from "./config/storage.ts";
