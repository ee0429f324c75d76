import { StateError } from "../ground/error.ts";
import { checkFields } from "../ground/fields.ts";
import type { Correlation } from "../ground/ports.ts";
import { isRevision, type Revision } from "../ground/revision.ts";
import type { WriteOptions } from "./result.ts";

/** What a handle is bound to: the part of each operation's options that stays the same. */
export type Bound = Pick<WriteOptions, "correlationId" | "causationId" | "actor" | "triggeredBy">;

/** Of what nobody asked for: work in the background, and failures that no call can tell. */
export const SYSTEM: Correlation = { correlationId: "system", triggeredBy: "system" };

/** The fields of `Bound`. */
export const BOUND = ["correlationId", "causationId", "actor", "triggeredBy"] as const;
const FIELDS: readonly string[] = [...BOUND, "expectedRevision", "ttlMs", "signal"];

/** Longest correlation id, actor and the like, in UTF-16 units. */
const MAX_TEXT = 512;

/** `bind` for what a caller binds: unknown fields are refused. */
export function bindMore(bound: Bound, more: Bound): Bound {
  checkFields("a field to bind", more, BOUND);
  return bind(bound, more);
}

/** Checked fields of `given` over those of `bound`. Throws `invalid` or a TypeError. */
export function bind(bound: Bound, given: Bound): Bound {
  const next: { -readonly [F in keyof Correlation]?: Correlation[F] } = { ...bound };
  for (const field of BOUND) {
    const text = given[field];
    if (text === undefined) continue;
    if (typeof text !== "string") throw new TypeError(`${field} must be a string, not ${typeof text}`);
    if (text === "" || text.length > MAX_TEXT || !(/^[^\n]*$/.test(text) && !/\p{Surrogate}/u.test(text))) {
      throw new StateError("invalid", `${field} must be one line of 1 to ${MAX_TEXT} characters`);
    }
    if (field === "correlationId" && text.startsWith("~") && !/^~[0-9a-v]{26}\./.test(text)) {
      throw new StateError("invalid", 'a correlationId that begins with "~" is one of the store\'s own');
    }
    next[field] = text;
    if (field === "correlationId") {
      if (text.startsWith("~")) next.reused = true;
      else delete next.reused;
    }
  }
  return next;
}

/** The correlation of one operation. `generate` is asked only where no id was given. */
export function correlationOf(
  bound: Bound,
  options: WriteOptions | undefined,
  generate: () => string,
): Correlation {
  const all = options === undefined ? bound : bind(bound, options);
  return { ...all, correlationId: all.correlationId ?? generate() };
}

/** Checks the options of a write; unknown ones are refused. */
export function checkWriteOptions(options: WriteOptions): {
  expected: Revision | null | undefined;
  ttlMs: number | undefined;
} {
  checkFields("an option of a write", options, FIELDS);
  const { expectedRevision: expected, ttlMs, signal } = options;
  if (signal !== undefined && typeof signal?.aborted !== "boolean")
    throw new TypeError("signal must be an AbortSignal");
  if (expected !== undefined && expected !== null && !isRevision(expected)) {
    throw new StateError("invalid", "expectedRevision must be a revision, or null for no entry");
  }
  if (ttlMs !== undefined && !(Number.isFinite(ttlMs) && ttlMs > 0)) {
    throw new StateError("invalid", "ttlMs must be a number of milliseconds above 0");
  }
  return { expected, ttlMs };
}
