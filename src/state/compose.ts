import type { EncodedValue } from "../ground/codec.ts";
import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import { valueSize } from "../journal/values.ts";
import { afterCommit } from "./after.ts";
import type { Proposal } from "./changes.ts";
import type { Draft, DraftChange, Seen } from "./draft.ts";
import type { Engine } from "./engine.ts";
import type { Call, Request } from "./request.ts";
import { type Origin, readSlot, slotOf } from "./slot.ts";
import { stopShowing } from "./undecided.ts";

/** A commit that a call waits for. Many wait at once, so what they all do is shared instead of made for each. */
interface CallDraft extends Draft {
  readonly engine: Engine;
  readonly call: Call;
  readonly prepare: () => Promise<Draft | undefined>;
}

/** The commit that a call's decided changes make. */
export function draftOf(
  engine: Engine,
  call: Call,
  proposals: readonly (Proposal | Request)[],
  seen: readonly Seen[],
  detail: EncodedValue | undefined,
  prepare: () => Promise<Draft | undefined>,
): Draft {
  const time = engine.now();
  const origin: Origin = { revisions: "", expiries: expiriesOf(proposals, time) };
  let size = detail === undefined ? 0 : detail.text.length;
  // Made in one piece: an array that grows takes room for many more than the one change that most drafts have.
  const changes = proposals.map(({ view, key, operation, value, announce }, i): DraftChange => {
    size += key.length + 40 + (value === undefined ? 0 : valueSize(value));
    return { view, key, operation, value, slot: slotOf(value, origin, i), before: undefined, announce };
  });
  const draft: CallDraft = {
    kind: "change",
    time,
    correlation: call.correlation,
    origin,
    changes,
    detail,
    size,
    seen,
    isWhole: call.isWhole === true,
    engine,
    call,
    prepare,
    committed,
    failed,
    again,
  };
  return draft;
}

function committed(this: CallDraft, revision: Revision): void {
  afterCommit(this.engine, this, revision, this.call.resolve);
}

function failed(this: CallDraft, error: unknown): void {
  if (this.engine.isBuffered) reportDropped(this.engine, this, error);
  this.call.reject(error);
}

async function again(this: CallDraft): Promise<Draft | undefined> {
  const next = await this.prepare();
  if (this.engine.isBuffered && next?.kind !== "change") reportDropped(this.engine, this);
  return next;
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
  stopShowing(changes); // whoever hears of it sees it gone
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
