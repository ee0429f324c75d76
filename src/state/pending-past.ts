import { REVISION_ZERO, type Revision } from "../ground/revision.ts";
import { pagesSince } from "../journal/past.ts";
import type { JournalState } from "../journal/state.ts";
import { operationOf, type PendingChange, type PendingEntry, storeName } from "./pending-entry.ts";

/** What the journal tells of entries that an earlier life of the program had left. */
export interface PendingPast {
  /** Reads on to the journal's end, as far as this opening knows it. One call after the other. */
  look(): Promise<void>;
  /** Whether the operation's commit is in the journal. */
  hasLanded(entry: PendingEntry): boolean;
  /** The revision that the entry must have for the change to be made; null: no entry. Impossible ones where it must not. */
  expected(entry: PendingEntry, change: PendingChange): Revision | null;
}

/** The last change of a key. */
interface Touch {
  readonly revision: Revision;
  readonly previous: Revision | undefined;
  readonly operation: "set" | "delete" | "expire";
}

/** No entry has it. */
const NEVER = REVISION_ZERO;

export function pendingPast(journal: JournalState, from: Revision): PendingPast {
  const landed = new Map<string, Revision>();
  const touched = new Map<string, Touch>();
  let at = from;
  let looking: Promise<void> = Promise.resolve();

  async function readOn(): Promise<void> {
    for await (const { page } of pagesSince(journal, at)) {
      for (const { kind, revision, correlation, changes } of page.commits) {
        if (kind !== "change") continue;
        const name = operationOf(correlation);
        if (name !== undefined) landed.set(name, revision);
        for (const { scope, key, previous, operation } of changes)
          touched.set(`${scope}\n${key}`, { revision, previous, operation });
      }
      at = page.revision;
    }
  }

  return {
    look() {
      looking = looking.then(readOn, readOn);
      return looking;
    },
    hasLanded: ({ operation }) => landed.has(operation),
    expected({ store, since }, { scope, key, base }) {
      const isOfThis = store === null || store === storeName(journal);
      // Where the past is gone, nobody can tell what was there in between.
      if (!isOfThis || since < journal.checkpoint.floor) return NEVER;
      const last = touched.get(`${scope}\n${key}`);
      if (base === null) return last !== undefined && last.revision > since ? NEVER : null;
      if (typeof base === "string") {
        // That time was up was no change of anybody's.
        return last?.operation === "expire" && last.previous === base ? null : base;
      }
      const revision = landed.get(base.after);
      if (revision === undefined || last?.revision !== revision) return NEVER;
      return last.operation === "set" ? revision : null;
    },
  };
}
