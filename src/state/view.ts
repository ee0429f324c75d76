import type { EncodedValue } from "../ground/codec.ts";
import { isStateError, type StateError } from "../ground/error.ts";
import { type ScopeText, type StateScope, scopeNamed } from "../ground/scope.ts";
import { pause } from "../journal/pace.ts";
import { loadLarge, refuseQuarantined, scopeBlocks } from "../journal/read.ts";
import type { JournalState } from "../journal/state.ts";
import type { TailEntry } from "../journal/tail.ts";
import { leafValues, type PackedLeaf } from "../journal/tree-node.ts";
import { isLarge, type LargeValue } from "../journal/values.ts";
import { type Lane, lane } from "./lane.ts";
import { GONE, type Slot, slotOf } from "./slot.ts";
import { emptySlots, type Slots } from "./slots.ts";
import type { Watchers } from "./watch.ts";

/** One scope in memory. `slots` never run ahead of the journal; `queued` is what is on its way there. */
export interface ScopeView {
  readonly text: ScopeText;
  readonly scope: StateScope;
  readonly slots: Slots;
  /** The latest queued change of each key; a deletion is a slot of kind GONE. */
  readonly queued: Map<string, Slot>;
  /**
   * In buffered mode what is shown of changes that are still to be decided again; all of it lies behind what is queued.
   * Undefined while there is none, so that nobody else pays for it.
   */
  undecided: Map<string, Slot> | undefined;
  readonly lane: Lane;
  /** Why it answers no more: a record that belongs to it cannot be read. */
  damage: StateError | undefined;
  /** Handles and operations that need it in memory. */
  holders: number;
  /** Undefined while nobody watches, so that a change costs a look and no more. */
  watchers: Watchers | undefined;
}

/** What the next write to the key builds on. Expired entries are still there until a change removes them. */
export function latest(view: ScopeView, key: string): Slot | undefined {
  const slot = view.undecided?.get(key);
  if (slot === undefined) return preceding(view, key);
  return slot.kind === GONE ? undefined : slot;
}

/** What a change that is decided again builds on: it sees nothing of those that come after it. */
export function preceding(view: ScopeView, key: string): Slot | undefined {
  const slot = view.queued.get(key) ?? view.slots.get(key);
  return slot?.kind === GONE ? undefined : slot;
}

/** How often a scope of which a record is missing is loaded anew. With the pauses between them a quarter of a second. */
const ATTEMPTS = 8;

/** The scopes in memory. */
export interface Views {
  /** Loads the scope if it is not in memory, and holds it until `release`. */
  hold(text: ScopeText): Promise<ScopeView>;
  release(view: ScopeView): void;
  /** The scope's order of writes, also while it is not in memory. */
  lane(text: ScopeText): Lane;
  /** Only if it is in memory. */
  find(text: ScopeText): ScopeView | undefined;
  all(): Iterable<ScopeView>;
  /** Lets go of scopes that nobody holds until at most `limit` entries are left. Queued changes are never let go. */
  evict(limit: number): void;
}

export function views(journal: JournalState, catchUp: () => Promise<void>): Views {
  const loaded = new Map<ScopeText, ScopeView>();
  const loading = new Map<ScopeText, Promise<ScopeView>>();
  const lanes = new Map<ScopeText, Lane>();

  function laneOf(text: ScopeText): Lane {
    let found = lanes.get(text);
    if (found === undefined) {
      found = lane();
      lanes.set(text, found);
    }
    return found;
  }

  async function load(text: ScopeText): Promise<ScopeView> {
    for (let attempt = 0; ; attempt++) {
      try {
        if (attempt > 0) await catchUp();
        return await loadScope(journal, text, laneOf(text), (view) => loaded.set(text, view));
      } catch (error) {
        if (!isStateError(error, "stale") || attempt === ATTEMPTS) throw error;
        // What this program wrote itself may have left memory, and not be seen everywhere yet.
        if (journal.store.capabilities.consistency === "eventual") await pause(2 ** attempt);
      }
    }
  }

  return {
    async hold(text) {
      let view = loaded.get(text);
      while (view === undefined) {
        let promise = loading.get(text);
        if (promise === undefined) {
          promise = load(text).finally(() => loading.delete(text));
          loading.set(text, promise);
        }
        await promise;
        view = loaded.get(text); // gone again only if nobody held it for a moment while memory was short
      }
      if (view.damage !== undefined) throw view.damage;
      // Least recently used first.
      loaded.delete(text);
      loaded.set(text, view);
      view.holders++;
      return view;
    },
    release(view) {
      view.holders--;
    },
    lane: laneOf,
    find: (text) => loaded.get(text),
    all: () => loaded.values(),
    evict(limit) {
      let entries = 0;
      for (const view of loaded.values()) entries += view.slots.size;
      for (const view of loaded.values()) {
        if (entries <= limit) return;
        if (view.holders > 0 || view.queued.size > 0 || !view.lane.isFree) continue;
        loaded.delete(view.text);
        lanes.delete(view.text);
        entries -= view.slots.size;
      }
    },
  };
}

/** `register` is called in the same step as the last look at the tail, so that no page is missed after it. */
async function loadScope(
  journal: JournalState,
  text: ScopeText,
  lane: Lane,
  register: (view: ScopeView) => void,
): Promise<ScopeView> {
  refuseQuarantined(journal, text);
  const scope = scopeNamed(text);
  /** Large values that were read on the way; each is read once, so writers elsewhere cannot hold the loading up. */
  const read = new Map<string, EncodedValue>();
  for (;;) {
    const slots = emptySlots();
    const large: [Slot, LargeValue][] = [];
    const { leaves, checkpoint } = await scopeBlocks(journal, text);
    for (const leaf of leaves) addLeaf(slots, large, leaf);
    for (const entries of journal.tail.of(text))
      for (const [key, entry] of entries) addTail(slots, large, key, entry);
    const missing = large.map(([, value]) => value).filter((value) => !read.has(value.large));
    // Nothing may have come in between that the slots do not show.
    if (missing.length === 0 && checkpoint === journal.checkpoint) {
      for (const [slot, value] of large)
        Object.assign(slot, pick(slotOf(read.get(value.large), slot.origin, slot.index)));
      refuseQuarantined(journal, text);
      const view = emptyView(text, scope, lane, slots);
      register(view);
      return view;
    }
    const values = await loadLarge(journal, missing);
    for (const [i, value] of values.entries()) read.set(missing[i]?.large ?? "", value);
  }
}

/** Stands for a scope that cannot be loaded. */
export function damagedView({ lane }: Views, text: ScopeText, damage: StateError): ScopeView {
  return { ...emptyView(text, scopeNamed(text), lane(text), emptySlots()), damage, holders: 1 };
}

function emptyView(text: ScopeText, scope: StateScope, lane: Lane, slots: Slots): ScopeView {
  const queued = new Map();
  return {
    text,
    scope,
    slots,
    queued,
    undecided: undefined,
    lane,
    damage: undefined,
    holders: 0,
    watchers: undefined,
  };
}

const pick = ({ content, kind }: Slot): Pick<Slot, "content" | "kind"> => ({ content, kind });

function addLeaf(slots: Slots, large: [Slot, LargeValue][], leaf: PackedLeaf): void {
  const { columns, keys } = leaf;
  const isPlain = columns.f === undefined && columns.l === undefined;
  if (isPlain && slots.addBlock(leaf)) return;
  const origin = { revisions: leaf.revisions, expiries: leaf.expiries };
  const values = leafValues(leaf);
  keys.forEach((key, i) => {
    const value = values[i];
    if (value === undefined) return;
    const slot = slotOf(isLarge(value) ? undefined : value, origin, i);
    if (isLarge(value)) large.push([slot, value]);
    slots.set(key, slot);
  });
}

function addTail(slots: Slots, large: [Slot, LargeValue][], key: string, entry: TailEntry): void {
  const { value } = entry;
  if (value === undefined) {
    slots.delete(key);
    return;
  }
  const expiries = entry.expiresAt === undefined ? undefined : { 0: entry.expiresAt };
  const slot = slotOf(isLarge(value) ? undefined : value, { revisions: entry.revision, expiries }, 0);
  if (isLarge(value)) large.push([slot, value]);
  slots.set(key, slot);
}
