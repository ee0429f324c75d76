/** A moment at which keepstate asks hooks. `artifact_*` and `after_*` are told what has happened and cannot stop it. */
type KnownHookPoint =
  | `${"before" | "after"}_${"state_change" | "state_migration" | "backup" | "restore"}`
  | `session_${"start" | "pause" | "resume" | "end"}`
  | `artifact_${"collected" | "deleted"}`
  | "state_conflict";

/** A known point, or a name of the program's own. */
export type HookPoint = KnownHookPoint | (string & Record<never, never>);

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
