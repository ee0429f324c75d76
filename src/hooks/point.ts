import { StateError } from "../ground/error.ts";

/** A moment at which keepstate asks hooks. `artifact_*` and `after_*` are told what has happened and cannot stop it. */
type KnownHookPoint =
  | `${"before" | "after"}_${"state_change" | "state_migration" | "backup" | "restore"}`
  | `session_${"start" | "pause" | "resume" | "end"}`
  | `artifact_${"collected" | "deleted"}`
  | "state_conflict";

/** A known point, or a name of the program's own. */
export type HookPoint = KnownHookPoint | (string & Record<never, never>);

const STATE_POINTS: Readonly<Record<Extract<KnownHookPoint, `${string}state_${string}`>, true>> = {
  before_state_change: true,
  after_state_change: true,
  before_state_migration: true,
  after_state_migration: true,
  state_conflict: true,
};
const OF_STATE = /(^|_)state(_|$)|State/;

/** A misspelt point would never be asked, and a guard there guard nothing: so names with "state" in them are the engine's own. */
export function checkPoint(point: HookPoint): void {
  const known = Object.keys(STATE_POINTS);
  if (OF_STATE.test(point) && !known.includes(point))
    throw new StateError("invalid", `there is no hook point "${point}"; known are ${known.join(", ")}`);
}

/** Whether hooks at this point can stop what is about to happen. */
export function isGuardPoint(point: HookPoint): boolean {
  return point.startsWith("before_") || SESSION_POINTS.has(point) || point === "state_conflict";
}

const SESSION_POINTS: ReadonlySet<string> = new Set<KnownHookPoint>([
  "session_start",
  "session_pause",
  "session_resume",
  "session_end",
]);

/** Whether what hooks see at this point has a scope and a key. */
export function isKeyedPoint(point: HookPoint): boolean {
  return point.endsWith("_state_change") || point === "state_conflict";
}
