/** Checks that need no test framework: each throws with a sentence that says what was expected. */
import { equalBytes } from "../../ground/bytes.ts";
import { isStateError, type StateErrorCode } from "../../ground/error.ts";

export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new CheckFailed(message);
}

export function checkSame(actual: unknown, expected: unknown, what: string): void {
  const [is, wanted] = [show(actual), show(expected)];
  check(is === wanted, `${what}: expected ${wanted}, got ${is}`);
}

export function checkBytes(
  actual: Uint8Array | undefined,
  expected: Uint8Array | undefined,
  what: string,
): void {
  check(equalBytes(actual, expected), `${what}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Resolves when `promise` rejects with a StateError of that code. */
export async function checkRejects(
  promise: Promise<unknown>,
  code: StateErrorCode,
  what: string,
): Promise<void> {
  const error = await rejection(promise, what);
  check(isStateError(error, code), `${what}: expected a rejection with "${code}", got ${show(error)}`);
}

/** The reason with which `promise` rejects. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new CheckFailed(`${what}: expected a rejection, got ${show(value)}`);
}

const SHOWN_BYTES = 24;

export function show(value: unknown): string {
  if (value instanceof Uint8Array) {
    const more = value.length > SHOWN_BYTES ? ",…" : "";
    return `${value.length} bytes [${[...value.subarray(0, SHOWN_BYTES)].join(",")}${more}]`;
  }
  if (value instanceof Error) return isStateError(value) ? `${value.code}: ${value.message}` : String(value);
  if (Array.isArray(value)) return `[${value.map(show).join(" ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
