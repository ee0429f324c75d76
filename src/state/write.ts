import { StateError } from "../ground/error.ts";
import type { Correlation } from "../ground/ports.ts";
import { REVISION_ZERO } from "../ground/revision.ts";
import { draftOf } from "./compose.ts";
import { resolveConflict } from "./conflict.ts";
import { current, type Deciding, decide, type Proposal, redirectLoop, runsOf, type Veto } from "./decide.ts";
import type { Draft } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { record, vetoDraft } from "./facts.ts";
import { enterAll, type Lane } from "./lane.ts";
import type { Call, Request } from "./request.ts";
import type { WriteResult } from "./result.ts";
import { track } from "./running.ts";
import { revisionOf } from "./slot.ts";
import { latest } from "./view.ts";

/**
 * The way of one write: lane of the scope, before hooks, schema, draft, group commit; then, when it is durable, view,
 * events, after hooks, result. Without hooks and schema, and when nobody is before it, there is no await on the way.
 */
export function write(
  engine: Engine,
  request: Request,
  correlation: Correlation,
  signal?: AbortSignal,
): Promise<WriteResult> {
  return new Promise((resolve, reject) => {
    const call: Call = { correlation, signal, resolve, reject };
    if (signal?.aborted !== true && isSimple(engine, request)) submitSimple(engine, request, call);
    else
      track(
        engine,
        inLanes(engine, [request.view.lane], () => [request], call),
      );
  });
}

/** What a write wants. Asked when it has all its lanes, and anew each time it is prepared. */
type Requests = () => readonly Request[] | Promise<readonly Request[]>;

/** Several changes that happen together or not at all. Their place in the lanes is taken before this returns. */
export function writeAll(
  engine: Engine,
  lanes: readonly Lane[],
  requests: Requests,
  correlation: Correlation,
  signal?: AbortSignal,
): Promise<WriteResult> {
  return new Promise((resolve, reject) => {
    track(engine, inLanes(engine, lanes, requests, { correlation, signal, resolve, reject }));
  });
}

function isSimple({ hooks, schema }: Engine, { view, update, expected }: Request): boolean {
  return (
    view.lane.isFree &&
    update === undefined &&
    expected === undefined &&
    schema === undefined &&
    !hooks.has("before_state_change") &&
    !hooks.has("after_state_change")
  );
}

function submitSimple(engine: Engine, request: Request, call: Call): void {
  const { view, key, operation } = request;
  if (operation === "delete" && latest(view, key) === undefined) {
    settleUnchanged(engine, call);
    return;
  }
  submit(engine, draftOf(engine, call, [request], [], undefined, nothing), call);
}

const nothing = () => Promise.resolve(undefined);

async function inLanes(
  engine: Engine,
  lanes: readonly Lane[],
  requests: Requests,
  call: Call,
): Promise<void> {
  const leave = await enterAll(lanes);
  try {
    const draft = await prepare(engine, requests, call);
    if (draft !== undefined) submit(engine, draft, call);
  } catch (error) {
    call.reject(error);
  } finally {
    leave();
  }
}

/** Decides all changes from the latest values. Undefined where the call was settled on the way. */
async function prepare(
  engine: Engine,
  requests: Requests,
  call: Call,
  isAgain = false,
): Promise<Draft | undefined> {
  const { correlation, signal } = call;
  if (signal?.aborted)
    throw new StateError("aborted", "the write was aborted before it was queued", { cause: signal.reason });
  const deciding: Deciding = { engine, correlation, signal, changes: [], chains: [], seen: [], held: [] };
  try {
    const asked = requests();
    for (const request of asked instanceof Promise ? await asked : asked) {
      const proposal = await propose(deciding, request, call, isAgain);
      if (proposal === "settled") return undefined;
      if (proposal === undefined) continue;
      const veto = await decideAt(deciding, proposal);
      if (veto !== undefined) return vetoDraft(engine, deciding, veto, call);
    }
    if (deciding.changes.length === 0) {
      settleUnchanged(engine, call);
      return undefined;
    }
    const runs = runsOf(deciding, true);
    const detail = runs.length === 0 ? undefined : engine.codec.encode({ runs });
    return draftOf(engine, call, lastOfEach(deciding.changes), deciding.seen, detail, () =>
      prepare(engine, requests, call, true),
    );
  } catch (error) {
    const runs = runsOf(deciding, false);
    if (runs.length > 0) record(engine, { runs }, correlation);
    throw error;
  } finally {
    for (const view of deciding.held) engine.views.release(view);
  }
}

async function propose(
  deciding: Deciding,
  request: Request,
  call: Call,
  isAgain: boolean,
): Promise<Proposal | "settled" | undefined> {
  const { engine } = deciding;
  const { view, key, expected, update, ttlMs, announce } = request;
  if (expected !== undefined) {
    // A queued change has no revision yet; what it comes to decides. The writer itself cannot wait for it.
    if (view.queued.has(key) && !isAgain) await engine.writer.flush();
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

function submit(engine: Engine, draft: Draft, call: Call): void {
  engine.writer.submit(draft);
  if (!engine.isBuffered || draft.kind !== "change") return;
  const { correlationId } = call.correlation;
  call.resolve({ status: "buffered", correlationId });
  engine.onBuffered(draft);
}

function settleUnchanged(engine: Engine, call: Call): void {
  const { head, store } = engine.journal;
  call.resolve({
    status: "committed",
    revision: head?.page ?? REVISION_ZERO,
    correlationId: call.correlation.correlationId,
    durability: store.capabilities.durability,
    afterErrors: [],
  });
}
