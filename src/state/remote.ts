import type { EventBus } from "../events/bus.ts";
import type { StateChangeData } from "../events/event.ts";
import type { Codec, EncodedValue } from "../ground/codec.ts";
import type { Change, Commit } from "../journal/commit.ts";
import { loadLarge } from "../journal/read.ts";
import type { JournalState } from "../journal/state.ts";
import type { TailPage } from "../journal/tail.ts";
import { isLarge, type LargeValue, type StoredValue } from "../journal/values.ts";
import { readSlot, type Slot, slotOf } from "./slot.ts";
import type { ScopeView, Views } from "./view.ts";

/** Shows what other writers committed: first in memory, then as events, change by change in journal order. */
export async function showRemote(
  journal: JournalState,
  views: Views,
  bus: EventBus,
  codec: Codec,
  pages: readonly TailPage[],
): Promise<void> {
  if (pages.length === 0) return;
  const isHeard = bus.hasListeners("state.changed");
  const changes = pages.flatMap(({ page }) => page.commits.flatMap((c) => c.changes));
  const inline = await inlined(
    journal,
    changes.filter((c) => isHeard || views.find(c.scope) !== undefined),
  );
  for (const { page } of pages) {
    for (const commit of page.commits) {
      commit.changes.forEach((change, index) => {
        const view = views.find(change.scope);
        const before = view?.slots.get(change.key);
        const slot = view && show(view, change, commit, inline);
        if (isHeard) bus.publish(journalEvent(codec, commit, change, index, inline, "remote", before, slot));
      });
    }
  }
}

/** Large values by name, so that everything after can be done in one step. */
export type InlineValues = ReadonlyMap<string, EncodedValue>;

export async function inlined(journal: JournalState, changes: readonly Change[]): Promise<InlineValues> {
  const large = changes.map((c) => c.value).filter((v): v is LargeValue => v !== undefined && isLarge(v));
  const values = await loadLarge(journal, large);
  return new Map(large.map(({ large: name }, i) => [name, values[i] as EncodedValue])); // one result per value
}

function inlineOf(value: StoredValue | undefined, inline: InlineValues): EncodedValue | undefined {
  return value !== undefined && isLarge(value) ? inline.get(value.large) : value;
}

function show(view: ScopeView, change: Change, commit: Commit, inline: InlineValues): Slot | undefined {
  const value = inlineOf(change.value, inline);
  if (value === undefined) {
    view.slots.delete(change.key);
    return undefined;
  }
  const expiries = change.expiresAt === undefined ? undefined : { 0: change.expiresAt };
  const slot = slotOf(value, { revisions: commit.revision, expiries }, 0);
  view.slots.set(change.key, slot);
  return slot;
}

/** The event of a change as the journal tells it. Values are parsed only if a subscriber looks at them. */
export function journalEvent(
  codec: Codec,
  commit: Commit,
  change: Change,
  index: number,
  inline: InlineValues,
  origin: "remote" | "journal",
  before?: Slot,
  shown?: Slot,
) {
  const { scope, key, operation, previous } = change;
  const value = inlineOf(change.value, inline);
  const slot = shown ?? slotOf(value, { revisions: commit.revision, expiries: undefined }, 0);
  const data: StateChangeData = {
    scope,
    key,
    operation,
    get oldValue() {
      return before && readSlot(before, codec);
    },
    get newValue() {
      return readSlot(slot, codec);
    },
    triggeredBy: commit.correlation.triggeredBy ?? (operation === "expire" ? "system" : "user"),
    ...(previous === undefined ? {} : { previousRevision: previous }),
  };
  return {
    type: "state.changed" as const,
    data,
    correlation: commit.correlation,
    revision: commit.revision,
    index,
    time: commit.time,
    metadata: { stateChangeType: "persistent" as const, origin },
  };
}
