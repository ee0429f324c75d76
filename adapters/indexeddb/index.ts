/** The door of the IndexedDB adapter. */
export { type IndexedDBOptions, indexedDB } from "./adapter.ts";
export { requestPersistence, type StorageEstimate, storageEstimate } from "./origin.ts";
