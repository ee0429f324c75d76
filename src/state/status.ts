import { SYSTEM } from "./correlation.ts";
import type { Engine } from "./engine.ts";

/**
 * Tells by `status.changed` whether all is stored: when the first change waits, when a page became durable, when a flush failed
 * and when none waits any more. The writes of a burst are told once.
 */
export function statusTeller({ bus, writer }: Engine): (failure?: unknown) => void {
  let told: { dirty: boolean; lastDurableAt: number | undefined; error?: unknown } = {
    dirty: writer.pending > 0,
    lastDurableAt: writer.lastDurableAt,
  };
  return (failure) => {
    const { pending, lastDurableAt } = writer;
    const dirty = pending > 0;
    const isBetter = lastDurableAt !== told.lastDurableAt || (told.dirty && !dirty);
    const error = failure ?? (isBetter ? undefined : told.error);
    if (dirty === told.dirty && lastDurableAt === told.lastDurableAt && error === told.error) return;
    told = { dirty, lastDurableAt, error };
    const data = { dirty, pending, lastDurableAt, ...(error === undefined ? {} : { error }) };
    bus.publish({ type: "status.changed", data, correlation: SYSTEM });
  };
}
