import { StateError } from "./error.ts";

/** Refuses what is no object (a TypeError) and fields that nobody reads (`invalid`). `what` is such as "an option of a write". */
export function checkFields(what: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || given === null)
    throw new TypeError(`expected an object, each field ${what}`);
  for (const field of Object.keys(given)) {
    if (!known.includes(field)) {
      throw new StateError("invalid", `"${field}" is not ${what}; known are ${known.join(", ")}`);
    }
  }
}
