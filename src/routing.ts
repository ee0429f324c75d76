/** The door of `keepstate/routing`: several stores behind one face, and moving scopes between stores. */
export type { BackendOutcome } from "./ground/error.ts";
export type { Backend } from "./routing/backend.ts";
export type { RoutedState } from "./routing/face.ts";
export type { MoveOptions, MoveProgress, MoveSummary } from "./routing/move.ts";
export { moveScopes } from "./routing/move.ts";
export { openRouted } from "./routing/open.ts";
export type { RoutedOptions, RouteOverride } from "./routing/options.ts";
export type { RoutedResult } from "./routing/outcome.ts";
export type { RoutedTimeline, RoutedTimelineEntry } from "./routing/timeline.ts";
