import type { EventBus } from "../events/bus.ts";
import type { StateChangeData } from "../events/event.ts";
import type { Codec, EncodedValue } from "../ground/codec.ts";
import { isStateError } from "../ground/error.ts";
import type { Change, Commit } from "../journal/commit.ts";
import { loadLarge } from "../journal/read.ts";
import type { JournalState } from "../journal/state.ts";
import type { TailPage } from "../journal/tail.ts";
import { isLarge, type LargeValue, type StoredValue } from "../journal/values.ts";
import { readSlot, type Slot, slotOf } from "./slot.ts";
import type { ScopeView, Views } from "./view.ts";
import { tell } from "./watch.ts";

// Loaded together: what is read of other writers is shown.
export { refresh } from "../journal/refresh.ts";

/** Shows what other writers committed: first in memory, then as events, change by change in journal order. */
export async function showRemote(
  journal: JournalState,
  views: Views,
  bus: EventBus,
  codec: Codec,
  pages: readonly TailPage[],
  isBuffered: boolean,
): Promise<void> {
  markDamaged(journal, views);
  if (pages.length === 0) return;
  const isHeard = bus.hasListeners("state.changed");
  const changes = pages.flatMap(({ page }) => page.commits.flatMap((c) => c.changes));
  // A scope that is loaded while large values are read has these changes from the tail.
  const shown = new Map(changes.map(({ scope }) => [scope, views.find(scope)]));
  const wanted = changes.filter((c) => isHeard || shown.get(c.scope) !== undefined);
  const inline = await readable(journal, wanted);
  markDamaged(journal, views);
  const touched: { readonly view: ScopeView; readonly key: string }[] = [];
  for (const { page } of pages) {
    for (const commit of page.commits) {
      for (const [index, change] of commit.changes.entries()) {
        if (isQuarantined(journal, change.scope)) continue;
        const view = shown.get(change.scope);
        const before = view?.slots.get(change.key);
        const slot = view && show(view, change, commit, inline);
        if (view?.watchers !== undefined && !(isBuffered && isCovered(view, change.key)))
          touched.push({ view, key: change.key });
        if (isHeard) bus.publish(journalEvent(codec, commit, change, index, inline, "remote", before, slot));
      }
    }
  }
  tell([{ changes: touched }]);
}

/** Readers see an own change that is on its way. */
function isCovered(view: ScopeView, key: string): boolean {
  return view.queued.has(key) || view.undecided?.has(key) === true;
}

/** Like `inlined`; but a value that is damaged puts its scope into quarantine, and the others go on. */
async function readable(journal: JournalState, changes: readonly Change[]): Promise<InlineValues> {
  const all = new Map<string, EncodedValue>();
  for (const change of changes.filter(({ value }) => value !== undefined && isLarge(value))) {
    try {
      for (const [name, value] of await inlined(journal, [change])) all.set(name, value);
    } catch (error) {
      if (!isStateError(error, "corrupt")) throw error;
      if (!isQuarantined(journal, change.scope)) journal.quarantine.push({ error, scopes: [change.scope] });
    }
  }
  return all;
}

function isQuarantined({ quarantine }: JournalState, scope: string): boolean {
  return quarantine.some(({ scopes }) => scopes.includes(scope));
}

/** Scopes in memory that a record which cannot be read belongs to answer no more: what they hold may be out of date. */
function markDamaged({ quarantine }: JournalState, views: Views): void {
  for (const { error, scopes } of quarantine) {
    for (const scope of scopes) {
      const view = views.find(scope);
      if (view === undefined) continue;
      const isNew = view.damage === undefined;
      view.damage = error;
      // Under no key is what it was. No entry has the empty key, which stands for those who watch them all.
      const watched = isNew && view.watchers !== undefined ? [...view.watchers.keys()] : [];
      tell([{ changes: watched.map((key = "") => ({ view, key })) }]);
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
  if (value === undefined && change.operation === "set") {
    throw new TypeError(`the value of ${change.scope} "${change.key}" was not read`);
  }
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
