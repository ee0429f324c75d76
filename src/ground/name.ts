import { utf8 } from "./bytes.ts";
import { StateError } from "./error.ts";

/** The longest id or key, in bytes of UTF-8; the same on every platform. */
const MAX_NAME_BYTES = 256;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Throws a TypeError for what is no text. */
export function checkText(name: unknown, what: string): void {
  if (typeof name !== "string") throw new TypeError(`${what} must be a string, not ${typeof name}`);
}

/** Returns `name` when it can be an id or a key, else throws `invalid` naming `what`. Wrong types are a TypeError. */
export function checkName(name: string, what: string): string {
  checkText(name, what);
  if (name === "") throw new StateError("invalid", `${what} is empty`);
  if (LONE_SURROGATE.test(name))
    throw new StateError("invalid", `${what} has a lone surrogate, so it is not text`);
  // A UTF-16 unit takes at most three bytes.
  if (name.length * 3 > MAX_NAME_BYTES && utf8(name).length > MAX_NAME_BYTES) {
    throw new StateError("invalid", `${what} is longer than ${MAX_NAME_BYTES} bytes of UTF-8`);
  }
  return name;
}
