import { StateError } from "../index.ts";
import type { Codec, EncodedValue } from "../internal.ts";
import { failureOf, type Outcome } from "./outcome.ts";

/**
 * A request or an answer on its way over RPC. The platform's own cloning refuses URLs and changes errors and objects
 * without a prototype; this brings back what a store would.
 */
export type Packed = EncodedValue;

export function packOutcome(codec: Codec, outcome: Outcome): Packed {
  try {
    return codec.encode(outcome, "answer");
  } catch (error) {
    return codec.encode({ error: failureOf(error) });
  }
}

/** Throws `invalid` for what is not packed. Any input is safe. */
export function unpack(codec: Codec, packed: Packed): unknown {
  try {
    return codec.decode(packed).value;
  } catch (cause) {
    throw new StateError("invalid", "a request or an answer is packed by stateClient or StateObject", {
      cause,
    });
  }
}
