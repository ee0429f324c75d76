/**
 * What the adapter uses of a Durable Object's `ctx.storage`, so that a program may have any version of the platform's
 * types, or none, and so that they do not meet the types of the DOM.
 */

export interface SqlCursorLike {
  /** All rows at once: a cursor that is kept over an await shows whatever is written meanwhile. */
  toArray(): readonly object[];
  /** Of a statement that returns no rows: how many it wrote, those of indexes included. */
  readonly rowsWritten: number;
}

/** `ctx.storage.sql` */
export interface SqlLike {
  exec(query: string, ...bindings: (string | number | Uint8Array)[]): SqlCursorLike;
}

export interface ListOptions {
  readonly start: string;
  readonly end: string;
  readonly reverse: boolean;
  readonly limit: number;
}

/** The asynchronous key-value API, of the storage and of a transaction alike. At most 128 keys a call. */
export interface KeyValueLike {
  get(key: string): Promise<unknown>;
  get(keys: string[]): Promise<ReadonlyMap<string, unknown>>;
  list(options: ListOptions): Promise<ReadonlyMap<string, unknown>>;
  put(entries: Record<string, unknown>): Promise<void>;
  delete(keys: string[]): Promise<number>;
}

/** `ctx.storage` of a Durable Object. */
export interface DurableStorageLike extends KeyValueLike {
  /** Every object has it today; in one that is not SQLite-backed, using it throws. */
  readonly sql?: SqlLike;
  transactionSync?<T>(closure: () => T): T;
  transaction<T>(closure: (transaction: KeyValueLike) => Promise<T>): Promise<T>;
}

/** What a SQLite-backed object is known to have. */
export interface SqlStorageLike {
  readonly sql: SqlLike;
  transactionSync<T>(closure: () => T): T;
}
