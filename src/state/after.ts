import type { EventInput, StateChangeData, UniversalEvent } from "../events/event.ts";
import type { Revision } from "../ground/revision.ts";
import type { StateChange } from "../hooks/hook.ts";
import type { HookFailure } from "../hooks/port.ts";
import { finishRuns } from "../hooks/record.ts";
import { runAfter } from "../hooks/run.ts";
import type { Draft, DraftChange } from "./draft.ts";
import type { Engine } from "./engine.ts";
import type { WriteResult } from "./result.ts";
import { GONE, revisionOf, type Slot, valueOf } from "./slot.ts";
import { record, track } from "./write.ts";

/** A commit is durable and visible: tell it, ask the after hooks, then answer the caller. */
export function afterCommit(
  engine: Engine,
  draft: Draft,
  revision: Revision,
  resolve: (result: WriteResult) => void,
): void {
  if (engine.bus.hasListeners("state.changed")) {
    draft.changes.forEach((change, index) =>
      engine.bus.publish(eventOf(engine, draft, change, revision, index)),
    );
  }
  const answer = (afterErrors: readonly HookFailure[]) =>
    resolve({
      status: "committed",
      revision,
      correlationId: draft.correlation.correlationId,
      durability: engine.journal.store.capabilities.durability,
      afterErrors,
    });
  if (engine.hooks.has("after_state_change"))
    track(engine, runAfterHooks(engine, draft, revision).then(answer));
  else answer(NONE);
}

const NONE: readonly HookFailure[] = [];

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
      return previous && valueOf(previous, engine.codec);
    },
    get newValue() {
      return valueOf(slot, engine.codec);
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

async function runAfterHooks(engine: Engine, draft: Draft, revision: Revision): Promise<HookFailure[]> {
  const failures: HookFailure[] = [];
  const { correlation } = draft;
  for (const change of draft.changes) {
    const { scope } = change.view;
    if (scope === undefined) continue;
    const aftermath = await runAfter(
      engine.hooks.at("after_state_change"),
      subjectOf(engine, change, scope),
      { correlation },
      engine.hookEnv,
    );
    failures.push(...aftermath.failures);
    const { value } = { value: change.slot.kind === GONE ? undefined : valueOf(change.slot, engine.codec) };
    const runs = finishRuns(aftermath.runs, { kind: "committed", value }, engine.hookEnv);
    // A later page carries them; a crash before it loses them, never the change.
    if (runs.length > 0) record(engine, { runs, of: revision }, correlation);
  }
  return failures;
}

function subjectOf(
  engine: Engine,
  { view, key, operation, slot, before }: DraftChange,
  scope: NonNullable<DraftChange["view"]["scope"]>,
): StateChange {
  const old: Slot | undefined = before === undefined || before.kind === GONE ? undefined : before;
  return {
    operation,
    scope,
    scopeText: view.text,
    key,
    value: valueOf(slot, engine.codec),
    oldValue: old && valueOf(old, engine.codec),
    hadOldValue: old !== undefined,
    ...(old ? { oldRevision: revisionOf(old) } : {}),
  };
}
