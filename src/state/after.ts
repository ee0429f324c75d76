import { changeId, type EventInput, type StateChangeData, type UniversalEvent } from "../events/event.ts";
import { StateError } from "../ground/error.ts";
import { lazy } from "../ground/lazy.ts";
import type { Revision } from "../ground/revision.ts";
import type { HookFailure } from "../hooks/port.ts";
import type { Draft, DraftChange } from "./draft.ts";
import type { Engine } from "./engine.ts";
import type { Announcement } from "./request.ts";
import type { WriteResult } from "./result.ts";
import { track } from "./running.ts";
import { GONE, hasExpired, readSlot, revisionOf, type Slot } from "./slot.ts";

const afterHooks = lazy("after hooks", () => import("./after-hooks.ts"));

/** A commit is durable and visible: tell it, ask the after hooks, then answer the caller. */
export function afterCommit(
  engine: Engine,
  draft: Draft,
  revision: Revision,
  resolve: (result: WriteResult) => void,
): void {
  const isHeard = engine.bus.hasListeners("state.changed");
  draft.changes.forEach((change, index) => {
    if (isHeard) engine.bus.publish(eventOf(engine, draft, change, revision, index));
    if (change.announce !== undefined) announce(engine, draft, change.announce, revision, index);
  });
  if (!engine.hooks.has("after_state_change")) {
    resolve(resultOf(engine, draft, revision, NONE));
    return;
  }
  const asked = askAfterHooks(engine, draft, revision);
  track(
    engine,
    asked.then((afterErrors) => resolve(resultOf(engine, draft, revision, afterErrors))),
  );
}

function resultOf(
  { journal }: Engine,
  { correlation }: Draft,
  revision: Revision,
  afterErrors: readonly HookFailure[],
): WriteResult {
  return {
    status: "committed",
    revision,
    correlationId: correlation.correlationId,
    durability: journal.store.capabilities.durability,
    afterErrors,
  };
}

const NONE: readonly HookFailure[] = [];

function announce(
  engine: Engine,
  { correlation, time }: Draft,
  { type, data }: Announcement,
  revision: Revision,
  index: number,
): void {
  const id = `${changeId(revision, index)}.${type}`;
  engine.bus.publish({ type, data, correlation, revision, id, time, metadata: metadataOf(engine) });
}

/** Values are parsed only if a subscriber looks at them. */
function eventOf(
  engine: Engine,
  draft: Draft,
  change: DraftChange,
  revision: Revision,
  index: number,
): EventInput<StateChangeData> {
  const { view, key, operation, slot, before } = change;
  const previous = before === undefined || before.kind === GONE ? undefined : before;
  const { correlation } = draft;
  const data: StateChangeData = {
    scope: view.text,
    key,
    operation,
    get oldValue() {
      return previous && !isOver(previous, draft) ? readSlot(previous, engine.codec) : undefined;
    },
    get newValue() {
      return readSlot(slot, engine.codec);
    },
    triggeredBy: correlation.triggeredBy ?? (operation === "expire" ? "system" : "user"),
    ...(previous ? { previousRevision: revisionOf(previous) } : {}),
  };
  return {
    type: "state.changed",
    data,
    correlation,
    revision,
    index,
    time: draft.time,
    metadata: metadataOf(engine),
  };
}

/** What was past its time counts as absent, except for the change that says so. */
function isOver(before: Slot, { time, changes }: Draft): boolean {
  return hasExpired(before, () => time) && changes[0]?.operation !== "expire";
}

const PERSISTENT: UniversalEvent["metadata"] = Object.freeze({
  stateChangeType: "persistent",
  origin: "local",
});
const EPHEMERAL: UniversalEvent["metadata"] = Object.freeze({
  stateChangeType: "ephemeral",
  origin: "local",
});

function metadataOf({ journal }: Engine): UniversalEvent["metadata"] {
  return journal.store.capabilities.durability === "none" ? EPHEMERAL : PERSISTENT;
}

/** The commit has happened, so that hooks cannot be asked is a failure of theirs and none of the write. */
async function askAfterHooks(
  engine: Engine,
  draft: Draft,
  revision: Revision,
): Promise<readonly HookFailure[]> {
  try {
    const { runAfterHooks } = afterHooks.now ?? (await afterHooks.load());
    return await runAfterHooks(engine, draft, revision);
  } catch (cause) {
    const error = new StateError("hook_failed", "the hooks could not be asked", { cause });
    return engine.hooks.at("after_state_change").map(({ id, point }) => {
      const failure: HookFailure = { hook: id, point, error, effect: "skipped" };
      engine.hookEnv.onFailure?.(failure, draft.correlation);
      return failure;
    });
  }
}
