import type { Revision } from "../ground/revision.ts";
import type { StateChange } from "../hooks/hook.ts";
import type { HookFailure } from "../hooks/port.ts";
import { finishRuns } from "../hooks/record.ts";
import { runAfter } from "../hooks/run.ts";
import type { Draft, DraftChange } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { record } from "./facts.ts";
import { GONE, readSlot, revisionOf, type Slot } from "./slot.ts";

/** Asks the hooks about each change of a commit, and records their runs. They can change nothing any more. */
export async function runAfterHooks(
  engine: Engine,
  draft: Draft,
  revision: Revision,
): Promise<HookFailure[]> {
  const failures: HookFailure[] = [];
  const { correlation } = draft;
  for (const change of draft.changes) {
    const subject = subjectOf(engine, change);
    const aftermath = await runAfter(
      engine.hooks.at("after_state_change"),
      subject,
      { correlation },
      engine.hookEnv,
    );
    failures.push(...aftermath.failures);
    const runs = finishRuns(aftermath.runs, { kind: "committed", value: subject.value }, engine.hookEnv);
    // A later page carries them; a crash before it loses them, never the change.
    if (runs.length > 0) record(engine, { runs, of: revision }, correlation);
  }
  return failures;
}

function subjectOf(engine: Engine, { view, key, operation, slot, before }: DraftChange): StateChange {
  const old: Slot | undefined = before === undefined || before.kind === GONE ? undefined : before;
  return {
    operation,
    scope: view.scope,
    scopeText: view.text,
    key,
    value: readSlot(slot, engine.codec),
    oldValue: old && readSlot(old, engine.codec),
    hadOldValue: old !== undefined,
    ...(old ? { oldRevision: revisionOf(old) } : {}),
  };
}
