import type { EncodedValue } from "../ground/codec.ts";
import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import type { WriteResult } from "./result.ts";
import type { ScopeView } from "./view.ts";

/** What a change of a record of the store's own means: an event that follows its `state.changed`. */
export interface Announcement {
  readonly type: string;
  readonly data: unknown;
}

/** One key's part in a write. */
export interface Request {
  readonly view: ScopeView;
  readonly key: string;
  readonly operation: "set" | "delete";
  /** The value as it was when the caller gave it. */
  readonly value: EncodedValue | undefined;
  /** Instead of a value: the next one from the latest. */
  readonly update?: ((old: unknown) => unknown) | undefined;
  readonly expected?: Revision | null | undefined;
  readonly ttlMs?: number | undefined;
  readonly announce?: Announcement | undefined;
}

/** A call that waits for its outcome. */
export interface Call {
  readonly correlation: Correlation;
  readonly signal: AbortSignal | undefined;
  /** The call is about all entries there are, not about some keys. */
  readonly isWhole?: boolean;
  resolve(result: WriteResult): void;
  reject(error: unknown): void;
}

/**
 * What a write wants. Asked when it has all its lanes, and anew each time it is prepared; `isAgain` when that is in its
 * place in the queue, so that it sees only what lies before it.
 */
export type Requests = (isAgain: boolean) => readonly Request[] | Promise<readonly Request[]>;
