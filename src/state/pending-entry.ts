import { fromBase64, toBase64 } from "../ground/base64.ts";
import type { EncodedValue, ValueFormat } from "../ground/codec.ts";
import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import type { Correlation } from "../ground/ports.ts";
import { isRevision, type Revision } from "../ground/revision.ts";
import { type ScopeText, scopeNamed } from "../ground/scope.ts";
import type { JournalState } from "../journal/state.ts";
import type { Announcement } from "./request.ts";

/** 1: the first. An entry of a later one is left for the program that knows it. */
const FORMAT = 1;

/** What a change was made on: a revision, nothing (null), or what an earlier operation that waited too had left. */
export type Base = Revision | null | { readonly after: string };

export interface PendingChange {
  readonly scope: ScopeText;
  readonly key: string;
  /** Undefined is a deletion. */
  readonly value: EncodedValue | undefined;
  readonly expiresAt: number | undefined;
  readonly base: Base;
  readonly announce: Announcement | undefined;
}

/** One buffered commit, as it waits for the next opening. */
export interface PendingEntry {
  /** The same in its commit, whoever makes that: so it is found out whether it landed. */
  readonly operation: string;
  /** The store and its timeline; null for a store that had no journal yet. */
  readonly store: string | null;
  /** What came later in the journal was not known when the bases were noted. */
  readonly since: Revision;
  readonly correlation: Correlation;
  readonly changes: readonly PendingChange[];
}

/** Which store revisions are of. */
export function storeName({ head }: JournalState): string | null {
  return head === undefined ? null : `${head.storeId}/${head.timeline}`;
}

/**
 * The name of a buffered commit: its correlation id where that was made for it alone, else one it was given. Undefined for
 * one that has none yet.
 */
export function operationOf({ correlationId, operation, reused }: Correlation): string | undefined {
  return operation ?? (correlationId.startsWith("~") && reused !== true ? correlationId : undefined);
}

export function encodeEntry({ operation, store, since, correlation, changes }: PendingEntry): string {
  const rows = changes.map(({ scope, key, value, expiresAt, base, announce }) => ({
    scope,
    key,
    ...(value === undefined ? {} : { value: [value.format, value.text, ...value.parts.map(toBase64)] }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    base,
    ...(announce === undefined ? {} : { announce }),
  }));
  return JSON.stringify({ format: FORMAT, operation, store, since, correlation, changes: rows });
}

/** Throws `newer_format` for an entry of a later program, `corrupt` for what no program wrote. */
export function decodeEntry(text: string): PendingEntry {
  try {
    const { format, operation, store, since, correlation, changes } = fieldsOf(JSON.parse(text));
    if (typeof format === "number" && format > FORMAT)
      throw new StateError("newer_format", "an entry of the pending journal is of a newer keepstate");
    must(format === FORMAT && Array.isArray(changes) && changes.length > 0 && isRevision(since));
    must(store === null || typeof store === "string");
    return {
      operation: textOf(operation),
      store: store as string | null, // by the line above
      since: since as Revision, // by the line before that
      correlation: readCorrelation(correlation),
      changes: (changes as unknown[]).map(readChange),
    };
  } catch (cause) {
    if (cause instanceof StateError && cause.code === "newer_format") throw cause;
    throw new StateError("corrupt", "an entry of the pending journal cannot be read; it was left as it is", {
      cause,
    });
  }
}

function readChange(row: unknown): PendingChange {
  const { scope, key, value, expiresAt, base, announce } = fieldsOf(row);
  scopeNamed(textOf(scope)); // throws for a text that names none
  must(expiresAt === undefined || typeof expiresAt === "number");
  return {
    scope: textOf(scope),
    key: checkName(textOf(key), "key"),
    value: value === undefined ? undefined : readValue(value),
    expiresAt: expiresAt as number | undefined, // by the line above
    base: base === null || isRevision(base) ? base : { after: textOf(fieldsOf(base)["after"]) },
    announce: announce === undefined ? undefined : readAnnouncement(announce),
  };
}

function readValue(row: unknown): EncodedValue {
  must(Array.isArray(row));
  const [format, text, ...parts] = row as unknown[];
  must(format === 0 || format === 1);
  return {
    format: format as ValueFormat,
    text: textOf(text),
    parts: parts.map((part) => fromBase64(textOf(part))),
  };
}

function readAnnouncement(value: unknown): Announcement {
  const { type, data } = fieldsOf(value);
  return { type: textOf(type), data };
}

const CORRELATION = ["causationId", "actor", "triggeredBy", "operation"] as const;

function readCorrelation(value: unknown): Correlation {
  const fields = fieldsOf(value);
  const correlation: { -readonly [F in keyof Correlation]?: Correlation[F] } = {};
  for (const field of CORRELATION)
    if (fields[field] !== undefined) correlation[field] = textOf(fields[field]);
  if (fields["reused"] === true) correlation.reused = true;
  return { ...correlation, correlationId: textOf(fields["correlationId"]) };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  must(typeof value === "object" && value !== null && !Array.isArray(value));
  return value as Readonly<Record<string, unknown>>; // any object has fields of unknown values
}

function textOf(value: unknown): string {
  must(typeof value === "string");
  return value as string; // by the line above
}

function must(holds: boolean): void {
  if (!holds) throw new TypeError("not what this program writes");
}
