/** What the adapter uses of a KV namespace binding, so that any version of the platform's types fits. */

export interface KvListLike {
  readonly keys: readonly { readonly name: string }[];
  readonly list_complete: boolean;
  readonly cursor?: string;
}

export interface KvNamespaceLike {
  get(key: string, type: "text"): Promise<string | null>;
  /** At most 100 keys and 25 MiB, counted as one operation; texts only. */
  get(keys: string[], type: "text"): Promise<ReadonlyMap<string, string | null>>;
  list(options: { prefix: string; cursor: string | null }): Promise<KvListLike>;
  put(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}
