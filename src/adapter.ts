/** The door for adapter authors: the storage contract, and nothing else of keepstate. */

export { fromBase64, toBase64 } from "./ground/base64.ts";
export { equalBytes } from "./ground/bytes.ts";
export type { StateErrorCode, StateErrorFacts } from "./ground/error.ts";
export { isStateError, StateError } from "./ground/error.ts";
export type { Lifecycle, PendingStore } from "./ground/ports.ts";
export type { Capabilities } from "./store/capabilities.ts";
export type {
  Batch,
  CommitOutcome,
  Entry,
  Failure,
  Key,
  KeyRange,
  ScanOptions,
  StorageAdapter,
  Store,
  StoreOpening,
  Swap,
  Write,
} from "./store/store.ts";
