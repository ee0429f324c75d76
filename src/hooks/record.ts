import { utf8 } from "../ground/bytes.ts";
import { crc32 } from "../ground/crc.ts";
import { StateError } from "../ground/error.ts";
import { formatScope } from "../ground/scope.ts";
import type { RunDraft } from "./draft.ts";
import type { HookEnv, HookValues } from "./port.ts";
import type {
  HookRun,
  Recorded,
  RecordedContext,
  RecordedError,
  RecordedResult,
  RecordedValue,
} from "./recorded.ts";
import type { RegisteredHook } from "./registry.ts";
import type { HookResult } from "./result.ts";

/**
 * What became of the change. `committed` with the value as it is stored (`undefined` for a deletion). `refused`: vetoed
 * or failed, so its values are recorded as size and digest only, unless `recordValue`.
 */
export type RunOutcome =
  | { readonly kind: "committed"; readonly value: unknown }
  | { readonly kind: "refused"; readonly recordValue: boolean };

/**
 * The records of a chain, in order. A value that is the committed one (the same reference) is referred to, not copied.
 * Hooks' redaction is applied here and nowhere else; if it fails, the failure is reported and the content left out.
 */
export function finishRuns(
  drafts: readonly RunDraft[],
  outcome: RunOutcome,
  env: HookEnv,
): readonly HookRun[] {
  const record = valueRecorder(outcome, env.values);
  return drafts.map((draft) => {
    const { hook } = draft;
    const recorded: Recorded = {
      context: contextOf(draft, outcome, record),
      ...(draft.result && { result: resultOf(draft.result, record) }),
      ...(draft.error && { error: errorOf(draft.error) }),
    };
    return {
      hookId: hook.id,
      version: hook.version,
      executionId: env.id(),
      point: hook.point,
      startedAt: draft.startedAt,
      durationMs: draft.durationMs,
      correlationId: draft.correlationId,
      attempt: draft.attempt,
      ...(draft.isCached && { cached: true }),
      ...redacted(recorded, hook, env),
    };
  });
}

type RecordValue = (value: unknown) => RecordedValue;

function valueRecorder(outcome: RunOutcome, values: HookValues): RecordValue {
  if (outcome.kind === "committed") {
    return (value) => (Object.is(value, outcome.value) ? { ref: "change" } : { value });
  }
  if (outcome.recordValue) return (value) => ({ value });
  let last: unknown;
  let lastDigest: RecordedValue | undefined;
  return (value) => {
    if (lastDigest !== undefined && Object.is(value, last)) return lastDigest;
    last = value;
    lastDigest = digestOf(value, values);
    return lastDigest;
  };
}

/** A value without a stored form has no bytes: 0 and the digest of nothing. */
function digestOf(value: unknown, values: HookValues): RecordedValue {
  const { text, parts } = values.encode(value) ?? { text: "", parts: [] };
  const whole = utf8(text);
  let bytes = whole.length;
  let crc = crc32(whole);
  for (const part of parts) {
    bytes += part.length;
    crc = crc32(part, crc);
  }
  return { bytes, digest: crc.toString(16).padStart(8, "0") };
}

function contextOf({ subject, custom }: RunDraft, outcome: RunOutcome, record: RecordValue): RecordedContext {
  const hasValue = subject.operation === "set" || subject.value !== undefined;
  // What a hook made of a refused value may contain it, so it is left out like the value.
  const mayTell = outcome.kind === "committed" || outcome.recordValue;
  return {
    operation: subject.operation,
    ...(subject.scopeText !== undefined && { scope: subject.scopeText }),
    ...(subject.key !== undefined && { key: subject.key }),
    ...(hasValue && (custom === undefined || !mayTell) && { value: record(subject.value) }),
    ...(subject.oldRevision !== undefined && { oldRevision: subject.oldRevision }),
    ...(custom !== undefined && mayTell && { custom }),
  };
}

function resultOf(result: HookResult, record: RecordValue): RecordedResult {
  switch (result.kind) {
    case "modify":
    case "replace":
      return { kind: result.kind, value: record(result.value) };
    case "redirect":
      return { kind: "redirect", scope: formatScope(result.scope), key: result.key };
    case "fork": {
      const changes = result.changes.map(({ scope, key, value }) => ({
        ...(scope && { scope: formatScope(scope) }),
        key,
        value: record(value),
      }));
      return { kind: "fork", changes };
    }
    case "cache":
      return { kind: "cache", ttlMs: result.ttlMs, result: resultOf(result.result, record) };
    case "cancel":
    case "skip":
      return { kind: result.kind, reason: result.reason };
    case "retry":
      return { kind: "retry", delayMs: result.delayMs, attempts: result.attempts };
    case "proceed":
      return { kind: "proceed" };
  }
}

/** The hook's own error where it threw one; the code says what that came to. */
function errorOf(error: StateError): RecordedError {
  const told = error.cause instanceof Error ? error.cause : error;
  return { name: told.name, message: told.message, code: error.code };
}

function redacted(recorded: Recorded, hook: RegisteredHook, env: HookEnv): Recorded & { withheld?: true } {
  if (hook.redact === undefined) return recorded;
  try {
    const shown = env.values.admit(hook.redact(recorded));
    if (isRecorded(shown)) {
      const { context, result, error } = shown;
      return { context, ...(result && { result }), ...(error && { error }) };
    }
    throw new TypeError("redact must return what it was given, with parts left out or changed");
  } catch (cause) {
    const message = `hook "${hook.id}" at ${hook.point}: redaction failed, so the run is recorded without its content`;
    const error = new StateError("hook_failed", message, { hook: hook.id, cause });
    env.onFailure?.({ hook: hook.id, point: hook.point, error, effect: "continued" });
    return { context: { operation: recorded.context.operation }, withheld: true };
  }
}

/** As far as readers rely on it. */
function isRecorded(value: unknown): value is Recorded {
  return (
    typeof value === "object" &&
    value !== null &&
    "context" in value &&
    typeof value.context === "object" &&
    value.context !== null &&
    "operation" in value.context
  );
}
