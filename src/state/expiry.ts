import { listScopes } from "../journal/read.ts";
import { afterCommit } from "./after.ts";
import type { Draft } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { expiryOf, hasExpired, type Origin, type Slot, slotOf } from "./slot.ts";
import { latest, type ScopeView } from "./view.ts";

/**
 * Removes what is past its time from the scopes in memory, as changes of the journal with their events. Conditional on
 * the entry: a newer value is left alone. Hooks are not asked. Other scopes hide such entries until they are opened.
 */
export async function expire(engine: Engine): Promise<void> {
  let found = false;
  for (const view of engine.views.all()) {
    for (const [key, slot] of view.slots.expiring()) {
      if (!hasExpired(slot, engine.now) || latest(view, key) !== slot) continue;
      engine.writer.submit(expiryDraft(engine, view, key, slot));
      found = true;
    }
  }
  if (found) await engine.writer.flush();
}

/**
 * The same for all scopes, one after the other; `onRelease` is called after each, so that they need not all fit into memory.
 * Says when the next entry will be past its time; undefined where none will. A scope that cannot be read is left out, and the
 * logger told.
 */
export async function expireAll(engine: Engine, onRelease: () => void): Promise<number | undefined> {
  let next: number | undefined;
  for (const text of await listScopes(engine.journal)) {
    let view: ScopeView;
    try {
      view = await engine.views.hold(text);
    } catch (error) {
      engine.ports.logger.warn("a scope's expired entries could not be removed", { scope: text, error });
      continue;
    }
    try {
      await expire(engine);
      for (const [, slot] of view.slots.expiring()) {
        const expiry = expiryOf(slot);
        if (expiry !== undefined && (next === undefined || expiry < next)) next = expiry;
      }
    } finally {
      engine.views.release(view);
      onRelease();
    }
  }
  return next;
}

function expiryDraft(engine: Engine, view: ScopeView, key: string, slot: Slot): Draft {
  const origin: Origin = { revisions: "", expiries: undefined };
  const correlation = { correlationId: engine.correlationId(), triggeredBy: "system" };
  const draft: Draft = {
    kind: "change",
    time: engine.now(),
    correlation,
    origin,
    changes: [
      {
        view,
        key,
        operation: "expire",
        value: undefined,
        slot: slotOf(undefined, origin, 0),
        before: undefined,
        announce: undefined,
      },
    ],
    detail: undefined,
    size: key.length + 40,
    seen: [{ view, key, slot }],
    isWhole: false,
    committed: (revision) => afterCommit(engine, draft, revision, () => {}),
    failed: (error) =>
      engine.bus.publish({
        type: "store.degraded",
        data: { reason: "an expired entry could not be removed", error },
        correlation,
      }),
    again: () => Promise.resolve(undefined),
  };
  return draft;
}
