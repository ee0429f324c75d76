import { type EventBus, eventBus } from "../../src/events/bus.ts";
import type { EventInput } from "../../src/events/event.ts";
import { REVISION_ZERO, type Revision, revisionAt } from "../../src/ground/revision.ts";

export const CORRELATION = { correlationId: "c-1" };

export function busWorld() {
  const logged: { message: string; facts: unknown }[] = [];
  let ids = 0;
  const bus: EventBus = eventBus({
    clock: { now: () => 5000, elapsed: () => 0 },
    logger: { warn: () => {}, error: (message, facts) => void logged.push({ message, facts }) },
    id: () => `id-${++ids}`,
  });
  return { bus, logged, publish: (type: string, data: unknown = {}) => bus.publish(input(type, data)) };
}

export function input(type: string, data: unknown = {}): EventInput {
  return { type, data, correlation: CORRELATION };
}

export const revision = (number: number): Revision => revisionAt(REVISION_ZERO, number);

/** A change of commit `number`. */
export function change(number: number): EventInput {
  return { ...input("state.changed", { number }), revision: revision(number) };
}

/** Lets every promise that can go on do so. */
export async function settleMicrotasks(): Promise<void> {
  for (let i = 0; i < 50; i++) await null;
}
