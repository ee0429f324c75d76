import { StateError } from "../ground/error.ts";
import { changesOn, type Proposal } from "./changes.ts";
import { draftOf, settleUnchanged } from "./compose.ts";
import { resolveConflict } from "./conflict.ts";
import { current, type Deciding, decide, redirectLoop, runsOf, type Veto } from "./decide.ts";
import type { Draft } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { record, vetoDraft } from "./facts.ts";
import type { Call, Request, Requests } from "./request.ts";
import { revisionOf } from "./slot.ts";

/** Decides all changes from the latest values. Undefined where the call was settled on the way. */
export async function prepare(
  engine: Engine,
  requests: Requests,
  call: Call,
  isAgain = false,
): Promise<Draft | undefined> {
  const { correlation, signal } = call;
  if (signal?.aborted)
    throw new StateError("aborted", "the write was aborted before it was queued", { cause: signal.reason });
  const deciding: Deciding = {
    engine,
    correlation,
    signal,
    changes: changesOn(),
    isAgain,
    chains: [],
    seen: [],
    held: { views: [], isOver: false },
  };
  try {
    const asked = requests(isAgain);
    for (const request of asked instanceof Promise ? await asked : asked) {
      const proposal = await propose(deciding, request, call);
      if (proposal === "settled") return undefined;
      if (proposal === undefined) continue;
      const veto = await decideAt(deciding, proposal);
      if (veto !== undefined) return vetoDraft(engine, deciding, veto, call);
    }
    if (deciding.changes.list.length === 0 && engine.writer.isIdle) {
      settleUnchanged(engine, call);
      return undefined;
    }
    const runs = runsOf(deciding, true);
    const detail = runs.length === 0 ? undefined : engine.codec.encode({ runs });
    return draftOf(engine, call, lastOfEach(deciding.changes.list), deciding.seen, detail, () =>
      prepare(engine, requests, call, true),
    );
  } catch (error) {
    const runs = runsOf(deciding, false);
    if (runs.length > 0) record(engine, { runs }, correlation);
    throw error;
  } finally {
    deciding.held.isOver = true;
    for (const view of deciding.held.views) engine.views.release(view);
  }
}

async function propose(
  deciding: Deciding,
  request: Request,
  call: Call,
): Promise<Proposal | "settled" | undefined> {
  const { engine, isAgain } = deciding;
  const { view, key, expected, update, ttlMs, announce } = request;
  if (expected !== undefined) {
    // A queued change has no revision yet; what it comes to decides. The writer itself cannot wait for it.
    if (!isAgain && (view.queued.has(key) || view.undecided?.has(key))) await engine.writer.flush();
    const { slot } = current(deciding, view, key);
    const revision = slot === undefined || view.queued.has(key) ? undefined : revisionOf(slot);
    if (revision !== (expected ?? undefined) || view.queued.has(key)) {
      const resolved = await resolveConflict(deciding, request);
      if (resolved !== undefined) return resolved;
      call.resolve({ status: "conflict", current: revision, correlationId: call.correlation.correlationId });
      return "settled";
    }
  }
  if (update !== undefined) {
    const next = update(current(deciding, view, key).value);
    if (next instanceof Promise)
      throw new TypeError("the function given to update must be synchronous: it may run again");
    return { view, key, operation: "set", value: engine.codec.encode(next, key), ttlMs, announce };
  }
  if (request.operation === "delete") {
    const { slot, value } = current(deciding, view, key);
    if (slot === undefined && value === undefined) return undefined;
  }
  return { view, key, operation: request.operation, value: request.value, ttlMs, announce };
}

/** A redirected change is decided again at its new place. */
async function decideAt(deciding: Deciding, proposal: Proposal): Promise<Veto | undefined> {
  let next = proposal;
  for (let moves = 0; moves <= 8; moves++) {
    const verdict = await decide(deciding, next);
    if (verdict.kind === "go") return undefined;
    if (verdict.kind === "veto") return verdict.veto;
    next = verdict.to;
  }
  throw redirectLoop(proposal);
}

/** One change per key and commit: the last wins. */
function lastOfEach(proposals: readonly Proposal[]): Proposal[] {
  const last = new Map<string, Proposal>();
  for (const proposal of proposals) {
    const id = `${proposal.view.text}\n${proposal.key}`;
    last.delete(id);
    last.set(id, proposal);
  }
  return [...last.values()];
}
