import { isStateError, StateError, type StateErrorCode, type StateErrorFacts } from "../index.ts";

/** An error as it travels: RPC and HTTP keep only an error's message. */
export interface RemoteFailure {
  /**
   * A `StateError`'s code; `misuse` for a TypeError, `internal` for what is nobody else's affair, and over HTTP `not_found`
   * for an entry or an address that is not there.
   */
  readonly code: StateErrorCode | "misuse" | "internal" | "not_found";
  readonly message: string;
  readonly retryable: boolean;
  readonly facts: StateErrorFacts;
}

export type Outcome = { readonly value: unknown } | { readonly error: RemoteFailure };

export async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: failureOf(error) };
  }
}

export function failureOf(error: unknown): RemoteFailure {
  if (isStateError(error)) {
    const { code, message, retryable, facts } = error;
    return { code, message, retryable, facts };
  }
  if (error instanceof TypeError)
    return { code: "misuse", message: error.message, retryable: false, facts: {} };
  console.error("keepstate: a request failed", error);
  const message = "the request failed; the object's log says why";
  return { code: "internal", message, retryable: false, facts: {} };
}

/** The value, or the error thrown again as what it was. */
export function settle(outcome: Outcome): unknown {
  if (!("error" in outcome)) return outcome.value;
  throw errorOf(outcome.error);
}

/** What was thrown in the object. */
export function errorOf({ code, message, facts }: RemoteFailure): StateError | TypeError {
  if (code === "misuse") return new TypeError(message);
  const isOurs = code !== "internal" && code !== "not_found";
  return new StateError(isOurs ? code : "unavailable", message, facts);
}

/** What the asker can mend is 4xx. */
const STATUS: Readonly<Partial<Record<RemoteFailure["code"], number>>> = {
  invalid: 400,
  misuse: 400,
  not_serializable: 400,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  read_only: 409,
  schema: 422,
  hook_failed: 422,
  locked: 503,
  stale: 503,
  unavailable: 503,
  closed: 503,
  hook_unavailable: 503,
  hook_timeout: 504,
  quota: 507,
};

export function statusOf({ code }: RemoteFailure): number {
  return STATUS[code] ?? 500;
}
