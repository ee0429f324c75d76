import { StateError } from "../ground/error.ts";
import { checkFields } from "../ground/fields.ts";
import { checkName } from "../ground/name.ts";
import { formatScope } from "../ground/scope.ts";
import type { BreakerOptions } from "./breaker.ts";
import type { HookInfo, HookOptions, HookSubject } from "./hook.ts";
import { checkPoint, type HookPoint, isGuardPoint, isKeyedPoint } from "./point.ts";

const DEFAULT_BREAKER: BreakerOptions = { failures: 5, windowMs: 60_000, openMs: 30_000 };
/** The longest delay that timers keep; beyond it they fire at once. */
export const MAX_DELAY_MS = 2 ** 31 - 1;

/** A hook's options, checked and complete. */
export interface HookSettings extends HookInfo {
  /** Undefined: never opens. */
  readonly breaker: BreakerOptions | undefined;
  readonly recordVetoedValue: boolean;
  readonly redact: HookOptions["redact"] | undefined;
  /** Methods, because what a hook's own functions take is only known to fit by its point. */
  serializeContext?(change: HookSubject): unknown;
  deserializeContext?(recorded: unknown): unknown;
  /** Text forms and kinds. Undefined: all. */
  readonly scopes: ReadonlySet<string> | undefined;
  readonly keys: ReadonlySet<string> | undefined;
}

/** Options for whichever point. */
export type AnyHookOptions = Omit<HookOptions<never>, "deserializeContext"> & {
  readonly deserializeContext?: (recorded: unknown) => unknown;
};

const TYPES = {
  id: "string",
  priority: "number",
  timeoutMs: "number",
  version: "string",
  replayable: "boolean",
  sideEffects: "string",
  onError: "string",
  breaker: "object",
  recordVetoedValue: "boolean",
  redact: "function",
  serializeContext: "function",
  deserializeContext: "function",
  scopes: "object",
  keys: "object",
} as const satisfies Record<keyof HookOptions, string>;

/** Throws `invalid` for unknown fields and values out of range, `TypeError` for wrong types. */
export function readOptions(point: HookPoint, options: AnyHookOptions): HookSettings {
  checkName(point, "hook point");
  checkPoint(point);
  checkTypes(options);
  const { id, priority = 0, timeoutMs = 5000, breaker = DEFAULT_BREAKER } = options;
  const sideEffects = options.sideEffects ?? "none";
  const onError = options.onError ?? (isGuardPoint(point) ? "fail" : "continue");
  checkName(id, "hook id");
  const rules: readonly (readonly [isKept: boolean, otherwise: string])[] = [
    [!Number.isNaN(priority), "priority is not a number"],
    [timeoutMs > 0 && timeoutMs <= MAX_DELAY_MS, `timeoutMs is not 1 to ${MAX_DELAY_MS}`],
    [["none", "idempotent", "external"].includes(sideEffects), "unknown sideEffects"],
    [["continue", "cancel", "fail"].includes(onError), "unknown onError"],
    [
      breaker === false || isBreaker(breaker),
      "breaker needs failures from 1 to 1000, and windowMs and openMs above 0",
    ],
    [
      (options.scopes ?? options.keys) === undefined || isKeyedPoint(point),
      `scopes and keys make no sense at ${point}`,
    ],
  ];
  for (const [isKept, otherwise] of rules) {
    if (!isKept) throw new StateError("invalid", `hook "${id}": ${otherwise}`, { hook: id });
  }
  return {
    id,
    point,
    priority,
    timeoutMs,
    version: options.version ?? "1",
    replayable: options.replayable ?? false,
    sideEffects,
    onError,
    breaker: breaker === false ? undefined : { ...breaker },
    recordVetoedValue: options.recordVetoedValue ?? false,
    redact: options.redact,
    ...(options.serializeContext && { serializeContext: options.serializeContext }),
    ...(options.deserializeContext && { deserializeContext: options.deserializeContext }),
    scopes:
      options.scopes && new Set(options.scopes.map((s) => (typeof s === "string" ? s : formatScope(s)))),
    keys: options.keys && new Set(options.keys.map((key) => checkName(key, "key"))),
  };
}

function checkTypes(options: AnyHookOptions): void {
  checkFields("an option of a hook", options, Object.keys(TYPES));
  const types: Readonly<Record<string, string>> = TYPES;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || (name === "breaker" && value === false)) continue;
    const isList = name === "scopes" || name === "keys";
    if (value === null || typeof value !== types[name] || isList !== Array.isArray(value)) {
      throw new TypeError(`hook option ${name} must be ${isList ? "a list" : `of type ${types[name]}`}`);
    }
  }
  if (options.id === undefined) throw new TypeError("a hook needs an id");
}

function isBreaker({ failures, windowMs, openMs }: BreakerOptions): boolean {
  return Number.isInteger(failures) && failures >= 1 && failures <= 1000 && windowMs > 0 && openMs > 0;
}
