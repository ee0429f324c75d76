import superjson from "superjson";
import { equalBytes } from "../adapter.ts";
import { StateError } from "../index.ts";
import { type Codec, type EncodedValue, fromBase64, toBase64 } from "../internal.ts";

/**
 * A value as JSON: `value` alone where it is plain JSON; with `meta`, as superjson makes it, where that says the rest; or
 * `encoded`, keepstate's own way of writing values, where neither would bring it back as it was.
 */
export type WireValue =
  | { readonly value: unknown; readonly meta?: unknown }
  | { readonly encoded: WireEncoded };

interface WireEncoded {
  readonly format: number;
  readonly text: string;
  /** In base64. */
  readonly parts: readonly string[];
}

export function toWire(codec: Codec, value: unknown): WireValue {
  const encoded = codec.encode(value);
  if (encoded.format === 0) return { value };
  const { format, text, parts } = encoded;
  return superjsonOf(codec, value, encoded) ?? { encoded: { format, text, parts: parts.map(toBase64) } };
}

/** Throws `invalid` for what `toWire` cannot have made. Any input is safe. */
export function fromWire(codec: Codec, wire: object): unknown {
  if (!("encoded" in wire)) {
    const { value, meta } = wire as { value?: unknown; meta?: unknown }; // any object has fields of unknown values
    return meta === undefined ? value : revive(value, meta);
  }
  try {
    const { format, text, parts } = wire.encoded as WireEncoded; // what is not one throws
    const encoded = { format, text, parts: parts.map(fromBase64) } as EncodedValue; // the codec checks the format
    return codec.decode(encoded).value;
  } catch (cause) {
    throw new StateError("invalid", "encoded is not a value as keepstate writes it", { cause });
  }
}

/** Undefined where superjson refuses the value, or would change it. */
function superjsonOf(codec: Codec, value: unknown, encoded: EncodedValue): WireValue | undefined {
  try {
    const { json, meta } = superjson.serialize(value);
    // Through text, because superjson leaves alone what it does not know, such as buffers.
    const sent: unknown = JSON.parse(JSON.stringify({ json, meta }));
    const again = codec.encode(superjson.deserialize(sent as ReturnType<typeof superjson.serialize>)); // as it was
    const isSame =
      again.text === encoded.text &&
      again.parts.length === encoded.parts.length &&
      again.parts.every((part, i) => equalBytes(part, encoded.parts[i]));
    return isSame ? { value: json, meta } : undefined;
  } catch {
    return undefined; // it refuses names such as "constructor"
  }
}

function revive(json: unknown, meta: unknown): unknown {
  try {
    return superjson.deserialize({ json, meta } as Parameters<typeof superjson.deserialize>[0]); // it checks
  } catch (cause) {
    throw new StateError("invalid", "meta does not fit what it belongs to", { cause });
  }
}
