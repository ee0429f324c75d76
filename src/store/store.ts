/**
 * The storage contract: write these values, then move this pointer from A to B.
 *
 * An adapter moves bytes and knows nothing of state. It has no try/catch: failures are named by the engine's guard.
 * It never repeats a commit by itself, because only the engine can find out whether the first one landed.
 */
import type { Lifecycle } from "../ground/ports.ts";
import type { Capabilities } from "./capabilities.ts";

declare const keyBrand: unique symbol;

/** An encoded key: lower-case ASCII segments joined by "/". Byte order and string order agree. */
export type Key = string & { readonly [keyBrand]: true };

/** Half-open: `from` is included, `to` is not. Ascending unless `reverse`. */
export interface KeyRange {
  readonly from: Key;
  readonly to: Key;
  /** At most this many entries in all. */
  readonly limit?: number;
  readonly reverse?: boolean;
}

export type Write = { readonly put: Key; readonly value: Uint8Array } | { readonly delete: Key };

/** Moves one key from a known value to a new one. `undefined` is "not there". */
export interface Swap {
  readonly key: Key;
  readonly from: Uint8Array | undefined;
  readonly to: Uint8Array;
}

/**
 * The swap is compared before the first write, and compared and moved as the last effect; the writes land in this
 * order in between. Where atomicity is `batch` all of it happens or nothing; where it is `prefix` a crash may keep
 * the first few writes, never the swap without all of them. A batch without a swap only writes.
 */
export interface Batch {
  readonly writes: readonly Write[];
  readonly swap?: Swap;
}

export interface Entry {
  readonly key: Key;
  /** Empty with `keysOnly`. */
  readonly value: Uint8Array;
}

export interface ScanOptions {
  readonly keysOnly?: boolean;
  /** The byte budget of a chunk's values. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

/** What a commit came to. A rejected promise means that the outcome is unknown. */
export type CommitOutcome = "committed" | "conflict";

export interface Store {
  readonly capabilities: Capabilities;
  /**
   * One result per key, in order. Absent is `undefined`; a failed read rejects, and never looks absent.
   * One consistent read where atomicity is `batch`. The bytes belong to the caller; nobody changes them later.
   */
  get(keys: readonly Key[], signal?: AbortSignal): Promise<readonly (Uint8Array | undefined)[]>;
  /** Ordered chunks, each consistent, none larger than the budget unless a single entry is. */
  scan(range: KeyRange, options?: ScanOptions): AsyncIterable<readonly Entry[]>;
  /** The caller does not change the bytes afterwards, so they need no copy. */
  commit(batch: Batch): Promise<CommitOutcome>;
  /** Safe to call twice. Lets commits in flight finish. */
  close(): Promise<void>;
  /** Tells of commits made through other stores. A hint: the listener must read again. Returns the way to stop. */
  watch?(onChange: () => void): () => void;
  /**
   * Asks the writers of other openings to hold their commits back until one of this opening has landed, at most for so many
   * milliseconds. A hint that may be lost: it makes turns fair between writers of whom one is nearer to the store.
   */
  plead?(ms: number): void;
}

export interface StoreOpening {
  /** No lock is taken and nothing is written, ever. */
  readonly readOnly: boolean;
  readonly signal?: AbortSignal;
}

/**
 * What a native failure means. A commit that fails with `quota` or `locked` has not moved its swap and never will: the
 * adapter has seen to it, so the engine need not ask. After any other failure the engine finds out what happened.
 */
export type Failure = "quota" | "unavailable" | "corrupt" | "locked";

/**
 * A way to a store, made by a function such as `filesystem({ path })`. An adapter whose backend is shared with other
 * data takes a prefix among its own options and hides it here.
 */
export interface StorageAdapter {
  readonly name: string;
  /** Where `open` rejects with `unsupported`, the engine opens a store in memory instead, and says so. */
  readonly fallback?: "memory";
  open(opening: StoreOpening): Promise<Store>;
  /** Names a native failure. `undefined` is taken as "unavailable". */
  classify?(error: unknown): Failure | undefined;
  /** When programs end where this adapter runs; for buffered mode. */
  readonly lifecycle?: Lifecycle | undefined;
}
