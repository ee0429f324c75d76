import type { EncodedValue, ValueFormat } from "../ground/codec.ts";
import type { Key } from "../store/store.ts";
import { namedKey } from "./keys.ts";

/** A value that lies in a record of its own; pages and blocks carry only its name. */
export interface LargeValue {
  readonly large: Key;
}
export type StoredValue = EncodedValue | LargeValue;

export function isLarge(value: StoredValue): value is LargeValue {
  return "large" in value;
}

/** Values with more text and binary than this go into records of their own. */
export const LARGE_VALUE = 16 * 1024;

export function valueSize(value: EncodedValue): number {
  let size = value.text.length;
  for (const part of value.parts) size += part.length;
  return size;
}

/**
 * Many values side by side in one record: where each text ends, and only if they differ from plain JSON without parts
 * the formats, part counts and names of large ones. -1 as an end says that there is no value.
 */
export interface ValueColumns {
  readonly e: readonly number[];
  readonly f?: readonly ValueFormat[];
  readonly p?: readonly number[];
  readonly l?: Readonly<Record<number, string>>;
}

export interface PackedValues {
  readonly columns: ValueColumns;
  readonly text: string;
  readonly parts: readonly Uint8Array[];
}

const NO_PARTS: readonly Uint8Array[] = [];

export function packValues(values: readonly (StoredValue | undefined)[]): PackedValues {
  return packPlain(values) ?? packAny(values);
}

/** Nearly all values are plain JSON. Undefined where one is not. */
function packPlain(values: readonly (StoredValue | undefined)[]): PackedValues | undefined {
  const ends: number[] = [];
  let text = "";
  for (const value of values) {
    if (value === undefined) {
      ends.push(-1);
      continue;
    }
    if (isLarge(value) || value.format !== 0) return undefined;
    text += value.text;
    ends.push(text.length);
  }
  return { columns: { e: ends }, text, parts: NO_PARTS };
}

function packAny(values: readonly (StoredValue | undefined)[]): PackedValues {
  const ends: number[] = [];
  const formats: ValueFormat[] = [];
  const counts: number[] = [];
  const large: Record<number, string> = {};
  const parts: Uint8Array[] = [];
  let text = "";
  let isPlain = true;
  let hasLarge = false;
  values.forEach((value, i) => {
    if (value === undefined || isLarge(value)) {
      if (value !== undefined) {
        large[i] = value.large;
        hasLarge = true;
      }
      ends.push(-1);
      formats.push(0);
      counts.push(0);
      return;
    }
    text += value.text;
    ends.push(text.length);
    formats.push(value.format);
    counts.push(value.parts.length);
    if (value.format !== 0) isPlain = false;
    for (const part of value.parts) parts.push(part);
  });
  const columns: ValueColumns = {
    e: ends,
    ...(isPlain ? {} : { f: formats, p: counts }),
    ...(hasLarge ? { l: large } : {}),
  };
  return { columns, text, parts };
}

export function unpackValues({ columns, text, parts }: PackedValues): (StoredValue | undefined)[] {
  const values: (StoredValue | undefined)[] = [];
  let textAt = 0;
  let partAt = 0;
  columns.e.forEach((end, i) => {
    if (end === -1) {
      const name = columns.l?.[i];
      values.push(name === undefined ? undefined : { large: namedKey(name) });
      return;
    }
    const count = columns.p?.[i] ?? 0;
    values.push({
      format: columns.f?.[i] ?? 0,
      text: text.slice(textAt, end),
      parts: count === 0 ? NO_PARTS : parts.slice(partAt, partAt + count),
    });
    textAt = end;
    partAt += count;
  });
  return values;
}
