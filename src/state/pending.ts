import type { PendingStore } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import { SYSTEM } from "./correlation.ts";
import { type Draft, type DraftChange, isWritten } from "./draft.ts";
import type { Engine } from "./engine.ts";
import { type Base, encodeEntry, operationOf, type PendingEntry, storeName } from "./pending-entry.ts";
import { expiryOf, GONE, revisionOf } from "./slot.ts";

/**
 * What this opening leaves for the next one. An entry is there from the moment the program may end until its commit has
 * settled, and never after: each is made on what its base says, so one that is left over changes nothing twice.
 */
export interface PendingJournal {
  /** Lets others know that this writer lives. */
  begin(): Promise<void>;
  /** Gives a commit the name by which the journal knows it. */
  name(draft: Draft): void;
  /** Puts all that waits into the journal, in order. Synchronous; never throws. */
  keep(): void;
  /** Clears what has settled, and puts right what was prepared again. */
  settle(): void;
  /** Others may take what is left. */
  end(): void;
}

export function pendingJournal(engine: Engine, store: PendingStore): PendingJournal {
  const { bus } = engine;
  const me = engine.journal.mint.writer;
  /** What was written, by operation. */
  const written = new Map<string, { readonly key: string; text: string }>();
  let numbers = 0;
  let release: (() => void) | undefined;

  function mirror(isEnding: boolean): void {
    // Whether the last of it landed is for the next opening to find out.
    if (engine.journal.readOnly !== undefined) return;
    const entries = [...entriesOf(engine)].filter(({ operation }) => isEnding || written.has(operation));
    const waiting = new Set(entries.map(({ operation }) => operation));
    for (const [operation, { key }] of written) {
      if (waiting.has(operation)) continue;
      written.delete(operation);
      attempt("an entry could not be cleared", true, () => store.remove(key));
    }
    for (const entry of entries) {
      // What comes after something that has no room would be taken in without it.
      if (!attempt("not all that waits could be kept", false, () => write(entry))) return;
    }
  }

  function write(entry: PendingEntry): void {
    const text = encodeEntry(entry);
    const before = written.get(entry.operation);
    if (before?.text === text) return;
    const key = before?.key ?? `${me}.${numbers}`;
    store.write(key, text);
    if (before === undefined) numbers++;
    written.set(entry.operation, { key, text });
  }

  function attempt(reason: string, isKept: boolean, act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      bus.publish({ type: "pending.failed", data: { reason, error, isKept }, correlation: SYSTEM });
      return false;
    }
  }

  return {
    async begin() {
      try {
        release = await store.hold?.(me);
      } catch (error) {
        const reason = "other programs cannot see that this one lives";
        bus.publish({ type: "pending.failed", data: { reason, error, isKept: true }, correlation: SYSTEM });
      }
    },
    name({ correlation }) {
      if (operationOf(correlation) !== undefined) return;
      // Of this call alone, and not yet in the journal, so nobody has seen it without.
      Object.assign(correlation, { operation: engine.correlationId() });
    },
    keep: () => mirror(true),
    settle() {
      if (written.size > 0) mirror(false);
    },
    end() {
      release?.();
    },
  };
}

/** What waits, in order. What an earlier life had left is in its own entries until it has settled. */
function* entriesOf({ writer, journal }: Engine): Generator<PendingEntry> {
  const latest = new Map<string, Base>();
  const store = storeName(journal);
  for (const draft of writer.unsettled()) {
    const operation = operationOf(draft.correlation);
    if (draft.kind !== "change" || operation === undefined || !isWritten(draft)) continue;
    const bases = draft.changes.map(
      (change) => latest.get(placeOf(change)) ?? shownBefore(change, writer.basis),
    );
    draft.changes.forEach((change, i) => {
      // An expiry comes again by itself.
      latest.set(placeOf(change), change.operation === "expire" ? (bases[i] ?? null) : { after: operation });
    });
    if (draft.correlation.recovered === true || draft.changes[0]?.operation === "expire") continue;
    const changes = draft.changes.map((change, i) => ({
      scope: change.view.text,
      key: change.key,
      value: change.value,
      expiresAt: expiryOf(change.slot),
      base: bases[i] ?? null,
      announce: change.announce,
    }));
    yield { operation, store, since: writer.basis, correlation: draft.correlation, changes };
  }
}

function placeOf({ view, key }: DraftChange): string {
  return `${view.text}\n${key}`;
}

/** What has been shown since it was queued is newer than the change, whatever it is. */
function shownBefore({ before, view, key }: DraftChange, basis: Revision): Revision | null {
  const slot = before ?? view.slots.get(key);
  if (slot === undefined || slot.kind === GONE || slot.origin.revisions === "") return null;
  const revision = revisionOf(slot);
  return revision > basis ? null : revision;
}
