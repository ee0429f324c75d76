import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Engine } from "./engine.ts";
import type { Request } from "./request.ts";
import type { WriteResult } from "./result.ts";
import { expiryOf, hasExpired, readSlot, revisionOf, type Slot } from "./slot.ts";
import { latest, preceding, type ScopeView } from "./view.ts";
import { writeAll } from "./write.ts";

/** What lies under a key now, queued changes included. */
export interface StoredEntry {
  readonly value: unknown;
  /** Undefined for what is queued: it has no place in the journal yet. */
  readonly revision: Revision | undefined;
  /** Wall time in milliseconds. */
  readonly expiresAt: number | undefined;
}

/** A scope as it is at the moment. */
export interface ScopeLook {
  keys(): string[];
  entry(key: string): StoredEntry | undefined;
  /** What is committed, whatever is queued. */
  stored(): (readonly [key: string, entry: StoredEntry])[];
  /** A change of the key is on its way, so what it comes to is not known. */
  isQueued(key: string): boolean;
}

export type Look = (scope: ScopeText) => ScopeLook;

export interface ChosenChange {
  readonly scope: ScopeText;
  readonly key: string;
  readonly change: { readonly set: unknown; readonly expiresAt?: number | undefined } | "delete";
}

export type Choose = (look: Look) => readonly ChosenChange[] | Promise<readonly ChosenChange[]>;

/** Shows scopes to `work`, which keeps nothing of what it looks through. */
export async function lookAt<T>(
  engine: Engine,
  scopes: readonly ScopeText[],
  work: (look: Look) => T | Promise<T>,
): Promise<T> {
  const held = new Map<ScopeText, ScopeView>();
  try {
    return await work(await lookOf(engine, scopes, held, false));
  } finally {
    for (const view of held.values()) engine.views.release(view);
  }
}

/**
 * One commit of changes that are chosen when its turn in the lanes of `scopes` has come, and chosen anew whenever another
 * writer was faster. So nothing can come between what `choose` saw and what is stored. It may run several times.
 */
export async function commitChosen(
  engine: Engine,
  scopes: readonly ScopeText[],
  choose: Choose,
  correlation: Correlation,
): Promise<WriteResult> {
  const held = new Map<ScopeText, ScopeView>();
  async function requests(isAgain: boolean): Promise<Request[]> {
    const look = await lookOf(engine, scopes, held, isAgain);
    const chosen = await choose(look);
    return chosen.map((one) => requestOf(engine, viewIn(held, one.scope), one));
  }
  try {
    return await writeAll(engine, scopes.map(engine.views.lane), requests, correlation, undefined, true);
  } finally {
    for (const view of held.values()) engine.views.release(view);
  }
}

async function lookOf(
  engine: Engine,
  scopes: readonly ScopeText[],
  held: Map<ScopeText, ScopeView>,
  isAgain: boolean,
): Promise<Look> {
  for (const scope of scopes) if (!held.has(scope)) held.set(scope, await engine.views.hold(scope));
  return (scope) => scopeLook(engine, viewIn(held, scope), isAgain);
}

function viewIn(held: ReadonlyMap<ScopeText, ScopeView>, scope: ScopeText): ScopeView {
  const view = held.get(scope);
  if (view === undefined) throw new TypeError(`scope ${scope} was not asked for`);
  return view;
}

function scopeLook({ codec, now }: Engine, view: ScopeView, isAgain: boolean): ScopeLook {
  const slotAt = (key: string) => (isAgain ? preceding(view, key) : latest(view, key));
  const undecided = () => (isAgain ? undefined : view.undecided);
  const entryOf = (slot: Slot | undefined): StoredEntry | undefined => {
    if (slot === undefined || hasExpired(slot, now)) return undefined;
    const revision = slot.origin.revisions === "" ? undefined : revisionOf(slot);
    return { value: readSlot(slot, codec), revision, expiresAt: expiryOf(slot) };
  };
  return {
    keys: () =>
      [...new Set([...view.slots.keys(), ...view.queued.keys(), ...(undecided()?.keys() ?? [])])].filter(
        (key) => {
          const slot = slotAt(key);
          return slot !== undefined && !hasExpired(slot, now);
        },
      ),
    entry: (key) => entryOf(slotAt(key)),
    stored: () =>
      [...view.slots.keys()].flatMap((key) => {
        const entry = entryOf(view.slots.get(key));
        return entry === undefined ? [] : [[key, entry] as const];
      }),
    isQueued: (key) => view.queued.has(key) || undecided()?.has(key) === true,
  };
}

/** A set is an update, so that it is never taken for one that saw nothing. */
function requestOf({ now }: Engine, view: ScopeView, { key, change }: ChosenChange): Request {
  if (change === "delete") return { view, key, operation: "delete", value: undefined };
  const { set, expiresAt } = change;
  const ttlMs = expiresAt === undefined ? undefined : Math.max(1, expiresAt - now());
  return { view, key, operation: "set", value: undefined, update: () => set, ttlMs };
}
