import type { Bound } from "../index.ts";

/** A change of a value that the object makes itself, so that no answer has to travel between the read and the write. */
export type UpdateOperation =
  /** Adds to a number. Nothing counts as 0. */
  | { readonly op: "increment"; readonly by?: number }
  /** Adds to the end of a list. Nothing counts as an empty one. With `keep` only so many of the last ones stay. */
  | { readonly op: "append"; readonly values: readonly unknown[]; readonly keep?: number }
  /** Sets fields of an object; `undefined` removes one. Nothing counts as an empty object. */
  | { readonly op: "merge"; readonly fields: Readonly<Record<string, unknown>> };

export interface RemoteWriteOptions extends Bound {
  /** The write happens only if the entry still has this revision; null: only if there is none. */
  readonly expectedRevision?: string | null;
  readonly ttlMs?: number;
}

export interface RemoteChange {
  /** Text form, such as `agent:researcher`. */
  readonly scope: string;
  readonly key: string;
  readonly value?: unknown;
  /** Default `set`. */
  readonly operation?: "set" | "delete";
  readonly ttlMs?: number;
}

export interface ListOptions {
  readonly prefix?: string;
  /** Entries in one answer, 1 to 1,000. Default 100. */
  readonly limit?: number;
  /** Where to go on: `next` of the answer before. */
  readonly after?: string;
}

/** What is asked of the object, over RPC and over HTTP alike. Scopes are in text form. */
export type StateRequest =
  | {
      readonly kind: "get";
      readonly scope: string;
      readonly key: string;
      /** The asker found the copy too old; the object makes a new one. */
      readonly copy?: boolean;
    }
  | {
      readonly kind: "set";
      readonly scope: string;
      readonly key: string;
      readonly value: unknown;
      readonly options?: RemoteWriteOptions;
    }
  | {
      readonly kind: "update";
      readonly scope: string;
      readonly key: string;
      readonly operation: UpdateOperation;
      readonly options?: RemoteWriteOptions;
    }
  | {
      readonly kind: "delete";
      readonly scope: string;
      readonly key: string;
      readonly options?: RemoteWriteOptions;
    }
  | { readonly kind: "batch"; readonly changes: readonly RemoteChange[]; readonly options?: Bound }
  | { readonly kind: "list"; readonly scope: string; readonly options?: ListOptions }
  | { readonly kind: "scopes" }
  | { readonly kind: "timeline"; readonly correlationId: string };

/** An entry as it is read. */
export interface RemoteEntry {
  readonly value: unknown;
  readonly revision: string;
}

export interface RemoteList {
  readonly entries: readonly (RemoteEntry & { readonly key: string })[];
  /** There is more; ask for what comes after this key. */
  readonly next?: string;
}
