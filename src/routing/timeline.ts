import type { Schema, TimelineEntry } from "../index.ts";
import type { Backend } from "./backend.ts";
import { settledOrThrow } from "./settled.ts";

/** An entry of a timeline and the store whose journal it is from. */
export type RoutedTimelineEntry = TimelineEntry & { readonly backend: string };

/** What happened under a correlation id in all stores. */
export interface RoutedTimeline {
  readonly correlationId: string;
  readonly events: readonly RoutedTimelineEntry[];
}

/**
 * Each store's own order is kept. Between stores nothing but their revisions' clocks tells what was first, so what happened
 * in one millisecond may stand in any order.
 */
export async function routedTimeline<S extends Schema>(
  all: readonly Backend<S>[],
  correlationId: string,
): Promise<RoutedTimeline> {
  const timelines = await Promise.allSettled(all.map(({ state }) => state.timeline(correlationId)));
  const events = settledOrThrow(timelines).flatMap((timeline, i) =>
    timeline.events.map((event): RoutedTimelineEntry => ({ ...event, backend: all[i]?.name ?? "" })),
  );
  // A stable sort; within one store revisions grow along the journal.
  events.sort((a, b) => (a.revision < b.revision ? -1 : a.revision > b.revision ? 1 : 0));
  return { correlationId, events };
}
