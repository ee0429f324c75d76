import type { EncodedValue } from "../ground/codec.ts";
import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import { type Deciding, runsOf, type Veto } from "./decide.ts";
import type { Draft } from "./draft.ts";
import type { Engine } from "./engine.ts";
import type { Call } from "./request.ts";

/** The veto is part of the journal; the caller is told when it is there. */
export function vetoDraft(engine: Engine, deciding: Deciding, veto: Veto, call: Call): Draft {
  const { correlationId } = call.correlation;
  const detail = engine.codec.encode({ runs: runsOf(deciding, false), veto });
  const told = () => {
    const { scope, key, by, reason } = veto;
    engine.bus.publish({
      type: "state.change_cancelled",
      data: { scope, key, by, reason },
      correlation: call.correlation,
    });
    call.resolve({ status: "cancelled", by, reason, correlationId });
  };
  if (engine.isBuffered) told();
  return factDraft(
    engine,
    "veto",
    detail,
    call.correlation,
    engine.isBuffered ? () => {} : told,
    call.reject,
  );
}

function factDraft(
  engine: Engine,
  kind: "veto" | "runs",
  detail: EncodedValue,
  correlation: Correlation,
  committed: () => void,
  failed: (error: unknown) => void,
): Draft {
  return {
    kind,
    time: engine.now(),
    correlation,
    origin: { revisions: "", expiries: undefined },
    changes: [],
    detail,
    size: detail.text.length,
    seen: [],
    isWhole: false,
    committed,
    failed,
    again: () => Promise.resolve(undefined),
  };
}

/** Puts runs of hooks into the journal that no commit of a change carries. A failure is reported, not thrown. */
export function record(
  engine: Engine,
  fact: { readonly runs: readonly unknown[]; readonly of?: Revision },
  correlation: Correlation,
): void {
  const failed = (error: unknown) =>
    engine.bus.publish({
      type: "store.degraded",
      data: { reason: "hook runs could not be recorded", error },
      correlation,
    });
  engine.writer.submit(factDraft(engine, "runs", engine.codec.encode(fact), correlation, () => {}, failed));
}
