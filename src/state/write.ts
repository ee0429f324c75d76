import { lazy } from "../ground/lazy.ts";
import type { Correlation } from "../ground/ports.ts";
import { draftOf, settleUnchanged } from "./compose.ts";
import type { Draft, Seen } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { enterAll, type Lane } from "./lane.ts";
import type { Call, Request, Requests } from "./request.ts";
import type { WriteResult } from "./result.ts";
import { track } from "./running.ts";
import { hasExpired } from "./slot.ts";
import { latest, type ScopeView } from "./view.ts";

const preparing = lazy("writes with hooks, batches and updates", () => import("./prepare.ts"));

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

/**
 * Several changes, each of another key, that happen together or not at all. Their place in the lanes is taken before
 * this returns.
 */
export function writeAll(
  engine: Engine,
  lanes: readonly Lane[],
  requests: Requests,
  correlation: Correlation,
  signal?: AbortSignal,
  isWhole = false,
): Promise<WriteResult> {
  return new Promise((resolve, reject) => {
    track(engine, inLanes(engine, lanes, requests, { correlation, signal, isWhole, resolve, reject }));
  });
}

function isSimple(engine: Engine, { view, update, expected }: Request): boolean {
  return view.lane.isFree && update === undefined && expected === undefined && asksNobody(engine);
}

function asksNobody({ hooks, schema }: Engine): boolean {
  return schema === undefined && !hooks.has("before_state_change") && !hooks.has("after_state_change");
}

/** It builds on nothing that is there. */
function isPlainSet({ operation, update, expected }: Request): boolean {
  return operation === "set" && update === undefined && expected === undefined;
}

function submitSimple(engine: Engine, request: Request, call: Call): void {
  const { view, key, operation } = request;
  if (operation === "delete" && isAbsent(engine, view, key)) {
    if (engine.writer.isIdle) settleUnchanged(engine, call);
    else
      track(
        engine,
        inLanes(engine, [view.lane], () => [request], call),
      );
    return;
  }
  submit(
    engine,
    operation === "set" ? plainDraft(engine, [request], call) : deletionDraft(engine, request, call),
    call,
  );
}

function isAbsent({ now }: Engine, view: ScopeView, key: string): boolean {
  const slot = latest(view, key);
  return slot === undefined || hasExpired(slot, now);
}

/** It saw nothing, so it is never prepared again. */
function plainDraft(engine: Engine, requests: readonly Request[], call: Call): Draft {
  return draftOf(engine, call, requests, NOTHING_SEEN, undefined, nothing);
}

/** It is only needed while there is something to delete. */
function deletionDraft(engine: Engine, request: Request, call: Call): Draft {
  const { view, key } = request;
  const again = async () => {
    const { prepare } = preparing.now ?? (await preparing.load());
    return prepare(engine, () => [request], call, true);
  };
  return draftOf(engine, call, [request], [{ view, key, slot: latest(view, key) }], undefined, again);
}

const NOTHING_SEEN: readonly Seen[] = [];
const nothing = () => Promise.resolve(undefined);

export async function inLanes(
  engine: Engine,
  lanes: readonly Lane[],
  requests: Requests,
  call: Call,
): Promise<void> {
  const leave = await enterAll(lanes);
  try {
    if (call.signal?.aborted !== true && asksNobody(engine)) {
      const asked = await requests(false);
      if (asked.length > 0 && asked.every(isPlainSet)) {
        submit(engine, plainDraft(engine, asked, call), call);
        return;
      }
    }
    const { prepare } = preparing.now ?? (await preparing.load());
    const draft = await prepare(engine, requests, call);
    if (draft !== undefined) submit(engine, draft, call);
  } catch (error) {
    call.reject(error);
  } finally {
    leave();
  }
}

function submit(engine: Engine, draft: Draft, call: Call): void {
  engine.writer.submit(draft);
  if (!engine.isBuffered || draft.kind !== "change") return;
  const { correlationId } = call.correlation;
  call.resolve({ status: "buffered", correlationId });
  engine.onBuffered(draft);
}
