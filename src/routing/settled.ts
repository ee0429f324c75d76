import { isStateError, StateError } from "../ground/error.ts";

/** The values, if all are there. Else throws the failure, or one that names all of them; what all say alike is said once. */
export function settledOrThrow<T>(results: readonly PromiseSettledResult<T>[]): T[] {
  const failures = results.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  const [first] = failures;
  const messages = [...new Set(failures.map(messageOf))];
  if (messages.length === 1) throw first;
  if (messages.length > 1) {
    const message = messages.join("; and ");
    throw new StateError(isStateError(first) ? first.code : "unavailable", message, { cause: first });
  }
  return results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
