import type { EncodedValue } from "../ground/codec.ts";
import { REVISION_ZERO } from "../ground/revision.ts";
import { afterCommit } from "./after.ts";
import type { Proposal } from "./decide.ts";
import type { Draft, DraftChange, Seen } from "./draft.ts";
import type { Engine } from "./engine.ts";
import type { Call, Request } from "./request.ts";
import { type Origin, readSlot, slotOf } from "./slot.ts";

/** The commit that a call's decided changes make. */
export function draftOf(
  engine: Engine,
  call: Call,
  proposals: readonly (Proposal | Request)[],
  seen: readonly Seen[],
  detail: EncodedValue | undefined,
  again: () => Promise<Draft | undefined>,
): Draft {
  const time = engine.now();
  const origin: Origin = { revisions: "", expiries: expiriesOf(proposals, time) };
  let size = detail === undefined ? 0 : detail.text.length;
  const changes = proposals.map(({ view, key, operation, value, announce }, i): DraftChange => {
    size += key.length + 40 + (value === undefined ? 0 : value.text.length);
    if (value !== undefined) for (const part of value.parts) size += part.length;
    return { view, key, operation, value, slot: slotOf(value, origin, i), before: undefined, announce };
  });
  const draft: Draft = {
    kind: "change",
    time,
    correlation: call.correlation,
    origin,
    changes,
    detail,
    size,
    seen,
    committed: (revision) => afterCommit(engine, draft, revision, call.resolve),
    failed(error) {
      if (engine.isBuffered) reportDropped(engine, draft, error);
      call.reject(error);
    },
    async again() {
      const next = await again();
      if (engine.isBuffered && next?.kind !== "change") reportDropped(engine, draft);
      return next;
    },
  };
  return draft;
}

function expiriesOf(
  proposals: readonly (Proposal | Request)[],
  time: number,
): Record<number, number> | undefined {
  let expiries: Record<number, number> | undefined;
  proposals.forEach(({ ttlMs, operation }, i) => {
    if (ttlMs === undefined || operation !== "set") return;
    expiries ??= {};
    expiries[i] = time + ttlMs;
  });
  return expiries;
}

/** A buffered write was already told to have happened; that it did not is told with the value. */
function reportDropped(engine: Engine, { changes, correlation }: Draft, error?: unknown): void {
  for (const { view, key, slot } of changes) {
    const data = {
      scope: view.text,
      key,
      value: readSlot(slot, engine.codec),
      ...(error === undefined ? {} : { error }),
    };
    engine.bus.publish({ type: "change.dropped", data, correlation });
  }
}

/** The answer to a call that changes nothing. */
export function settleUnchanged(engine: Engine, call: Call): void {
  const { head, store } = engine.journal;
  call.resolve({
    status: "committed",
    revision: head?.page ?? REVISION_ZERO,
    correlationId: call.correlation.correlationId,
    durability: store.capabilities.durability,
    afterErrors: [],
  });
}
