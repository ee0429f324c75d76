import type { Codec } from "../ground/codec.ts";
import { isStateError } from "../ground/error.ts";
import type { HookValues } from "../hooks/port.ts";

/** How the chain of hooks handles values: by the codec, so that a hook sees what a reload would bring. */
export function hookValues(codec: Codec): HookValues {
  return {
    admit: (value) => codec.decode(codec.encode(value)).value,
    present(value) {
      if (typeof value !== "object" || value === null || isDeeplyFrozen(value)) return value;
      return codec.decode(codec.encode(value)).value;
    },
    encode(value) {
      try {
        return codec.encode(value);
      } catch (error) {
        if (isStateError(error, "not_serializable")) return undefined;
        throw error;
      }
    },
  };
}

/** The codec freezes all of a value or nothing, except for built-ins that freezing does not protect. */
function isDeeplyFrozen(value: object): boolean {
  return (
    Object.isFrozen(value) && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  );
}
