import { isStateError, StateError } from "./error.ts";
import { freezeJson } from "./freeze.ts";
import { isPlainJson, MAX_DEPTH } from "./json.ts";
import { decodeRich } from "./rich-decode.ts";
import { encodeRich } from "./rich-encode.ts";
import { isBuiltInTag } from "./rich-format.ts";
import type { ValueType } from "./value-type.ts";

/** How a value's text is to be read. Stored in records: append only. */
export type ValueFormat =
  /** Plain JSON, no parts. */
  | 0
  /** A table with what JSON cannot say, carried by superjson, and binary parts. */
  | 1;

/** A value as it lies in a record: its text, and the binary parts the text refers to by index. */
export interface EncodedValue {
  readonly format: ValueFormat;
  /** Well-formed: it survives UTF-8. */
  readonly text: string;
  readonly parts: readonly Uint8Array[];
}

interface DecodedValue {
  readonly value: unknown;
  /**
   * True: deeply frozen, may be handed out as the same reference each time.
   * False: holds mutable built-ins or registered values; decode again for each reader.
   */
  readonly shareable: boolean;
}

/**
 * Turns values into records and back. What it accepts comes back equal: types, -0, property order, shared and circular
 * references included. What would not is refused. It neither changes nor keeps what it is given.
 *
 * Three things come back as their plain sort: a Node Buffer as a Uint8Array, a view into part of a buffer as a
 * view of exactly those bytes, a frozen or sealed object as the rules of `DecodedValue.shareable` have it.
 */
export interface Codec {
  /**
   * Throws `not_serializable` with the path, such as `plan.steps[2].run: function`, for a value that would not come back.
   * @param name what the path starts with: the key the value is stored under
   */
  encode(value: unknown, name?: string): EncodedValue;
  /** Throws `corrupt` for text or parts that `encode` cannot have made, and for nothing else. Any input is safe. */
  decode(encoded: EncodedValue): DecodedValue;
}

const NO_PARTS: readonly Uint8Array[] = Object.freeze([]);
/** Escapes that `JSON.stringify` made, not backslashes of the text itself: it escapes lone surrogates and no others. */
const LONE_SURROGATE_ESCAPE = /(?<!\\)(?:\\\\)*\\ud/;

/**
 * A codec that knows the built-in types and `types`, and no others.
 * Throws a `TypeError` if a name is taken twice, empty, or the codec's own.
 */
export function createCodec(types: readonly ValueType[] = []): Codec {
  const registry = new Map<string, ValueType>();
  for (const type of types) {
    if (type.name === "" || isBuiltInTag(type.name) || registry.has(type.name)) {
      throw new TypeError(`A value type needs a name that is not taken: ${JSON.stringify(type.name)}`);
    }
    registry.set(type.name, type);
  }
  return {
    encode(value, name = "value") {
      const text = plainText(value);
      if (text !== undefined) return { format: 0, text, parts: NO_PARTS };
      return { format: 1, ...encodeRich(value, name, registry) };
    },
    decode({ format, text, parts }) {
      try {
        if (format === 0) return { value: freezeJson(JSON.parse(text), MAX_DEPTH), shareable: true };
        if (format === 1) return decodeRich(text, parts, registry);
      } catch (cause) {
        if (isStateError(cause, "corrupt")) throw cause;
        throw new StateError("corrupt", "A stored value cannot be decoded: malformed text", { cause });
      }
      throw new StateError("corrupt", `A stored value cannot be decoded: unknown format ${String(format)}`);
    },
  };
}

/** The text of plain JSON, or undefined for anything else; the rich walk then says whether and why it is refused. */
function plainText(value: unknown): string | undefined {
  try {
    if (!isPlainJson(value)) return undefined;
    const text = JSON.stringify(value);
    return text.includes("\\ud") && LONE_SURROGATE_ESCAPE.test(text) ? undefined : text;
  } catch {
    // Only a proxy can throw here, and it will again where the path is known.
    return undefined;
  }
}
