import { type BackendOutcome, isStateError, StateError } from "../ground/error.ts";
import type { Capabilities, WriteResult } from "../index.ts";
import { messageOf } from "./settled.ts";

/** What became of a batch: as a whole, and in each store that it was for. */
export type RoutedResult = { readonly backends: readonly BackendOutcome[] } & (
  | {
      readonly status: "committed";
      readonly correlationId: string;
      /** The least of the stores'. */
      readonly durability: Capabilities["durability"];
      readonly afterErrors: Extract<WriteResult, { status: "committed" }>["afterErrors"];
    }
  /** Visible, and not stored in all of them yet. */
  | { readonly status: "buffered"; readonly correlationId: string }
  /** A hook vetoed it. What other stores had committed was taken back, unless `backends` says that something is kept. */
  | {
      readonly status: "cancelled";
      readonly by: string;
      readonly reason: string;
      readonly correlationId: string;
    }
);

/** One store's part, settled. */
export interface Part {
  readonly backend: string;
  readonly result: PromiseSettledResult<WriteResult>;
  /** What was done about it because another part did not happen. */
  readonly undoing?: Pick<BackendOutcome, "status" | "reason" | "kept">;
}

const DURABILITIES: readonly Capabilities["durability"][] = ["none", "process", "gated", "power"];

export function stands({ result }: Part): boolean {
  return (
    result.status === "fulfilled" &&
    (result.value.status === "committed" || result.value.status === "buffered")
  );
}

/** Throws where a part failed, naming what became of the others. */
export function routedResult(parts: readonly Part[], correlationId: string): RoutedResult {
  const backends = parts.map(outcomeOf);
  const failed = parts.find(({ result }) => result.status === "rejected");
  if (failed?.result.status === "rejected")
    throw failureOf(failed.result.reason, parts.length === 1, backends);
  const results = parts.flatMap(({ result }) => (result.status === "fulfilled" ? [result.value] : []));
  const veto = results.find((result) => result.status === "cancelled");
  if (veto !== undefined) {
    const { by, reason } = veto;
    return { status: "cancelled", by, reason, correlationId, backends };
  }
  const committed = results.flatMap((result) => (result.status === "committed" ? [result] : []));
  if (committed.length < results.length) return { status: "buffered", correlationId, backends };
  const durabilities = committed.map(({ durability }) => DURABILITIES.indexOf(durability));
  return {
    status: "committed",
    correlationId,
    durability: DURABILITIES[Math.min(...durabilities)] ?? "none",
    afterErrors: committed.flatMap(({ afterErrors }) => afterErrors),
    backends,
  };
}

function outcomeOf({ backend, result, undoing }: Part): BackendOutcome {
  if (result.status === "rejected") {
    const status = isStateError(result.reason, "unknown_outcome") ? "unknown" : "failed";
    return { backend, status, reason: messageOf(result.reason) };
  }
  const { value } = result;
  if (value.status === "cancelled")
    return { backend, status: "cancelled", reason: `hook ${value.by}: ${value.reason}` };
  const revision = value.status === "committed" ? { revision: value.revision } : {};
  const status = value.status === "buffered" ? "buffered" : "committed";
  return { backend, status, ...revision, ...undoing };
}

/** The only part's failure says it all, and so does misuse, such as a wrong option, which all refuse alike. */
function failureOf(cause: unknown, isAlone: boolean, backends: readonly BackendOutcome[]): unknown {
  const own = messageOf(cause);
  const isOfAll = backends.every(({ status, reason }) => status === "failed" && reason === own);
  if (isAlone || (isOfAll && cause instanceof TypeError)) return cause;
  const message = isOfAll
    ? own
    : `the batch did not happen as a whole: ${backends.map(sentenceOf).join("; ")}`;
  const code = isStateError(cause) ? cause.code : "unavailable";
  return new StateError(code, message, { ...(isStateError(cause) && cause.facts), backends, cause });
}

function sentenceOf({ backend, status, reason, kept = [] }: BackendOutcome): string {
  const why = reason === undefined ? "" : ` (${reason})`;
  const what = kept.map((one) => `${one.scope} "${one.key}": ${one.reason}`).join(", ");
  return `${backend} ${status}${why}${what === "" ? "" : ` [${what}]`}`;
}
