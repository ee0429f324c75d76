import { StateError } from "../ground/error.ts";
import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import type { ScopeText } from "../ground/scope.ts";
import type { Change, Commit } from "../journal/commit.ts";
import { justBelow, pagesSince } from "../journal/past.ts";
import { inlineValue } from "../journal/read.ts";
import type { JournalState } from "../journal/state.ts";
import { type ChosenChange, commitChosen, type Look } from "./chosen.ts";
import type { Engine } from "./engine.ts";

/** A change that was not taken back, and why. */
export interface KeptChange {
  readonly scope: ScopeText;
  readonly key: string;
  readonly reason: string;
}

/**
 * Takes back the changes of one commit by writing what was there before, as new changes of one new commit that hooks are
 * asked about and events tell of. A key that has changed since is left alone. Returns what still stands; rejects only where
 * the commit cannot be read, and then all of it stands.
 */
export async function undoCommit(
  engine: Engine,
  revision: Revision,
  correlation: Correlation,
): Promise<readonly KeptChange[]> {
  const commit = await commitAt(engine.journal, revision);
  if (commit === undefined)
    throw new StateError("unavailable", `commit ${revision} is not in the history`, { revision });
  const { changes } = commit;
  let kept: KeptChange[] = [];
  const choose = async (look: Look) => {
    const later = await changedAfter(engine.journal, revision);
    const inverses: ChosenChange[] = [];
    kept = [];
    for (const change of changes) {
      const { scope, key } = change;
      const isChanged = later.has(placeOf(change)) || look(scope).isQueued(key);
      const inverse = isChanged ? undefined : await inverseOf(engine, change);
      if (inverse !== undefined) inverses.push({ scope, key, change: inverse });
      else kept.push({ scope, key, reason: isChanged ? "it was changed since" : "what it was is not known" });
    }
    return inverses;
  };
  try {
    const scopes = [...new Set(changes.map(({ scope }) => scope))];
    const result = await commitChosen(engine, scopes, choose, correlation);
    if (result.status !== "cancelled") return kept;
    return changes.map(keptFor(`hook ${result.by} vetoed it: ${result.reason}`));
  } catch (error) {
    return changes.map(keptFor(error instanceof Error ? error.message : String(error)));
  }
}

/** What a commit stored, as the journal has it. Undefined where it is not there. */
export async function storedBy(
  { codec, journal }: Engine,
  revision: Revision,
): Promise<readonly ChosenChange[] | undefined> {
  const commit = await commitAt(journal, revision);
  if (commit === undefined) return undefined;
  const stored: ChosenChange[] = [];
  for (const { scope, key, value } of commit.changes) {
    const set = value === undefined ? undefined : codec.decode(await inlineValue(journal, value)).value;
    stored.push({ scope, key, change: value === undefined ? "delete" : { set } });
  }
  return stored;
}

const keptFor =
  (reason: string) =>
  ({ scope, key }: Change): KeptChange => ({ scope, key, reason });

async function inverseOf(
  { codec, journal, now }: Engine,
  { scope, key, previous }: Change,
): Promise<ChosenChange["change"] | undefined> {
  if (previous === undefined) return "delete";
  const commit = await commitAt(journal, previous);
  const before = commit?.changes.find((one) => one.scope === scope && one.key === key);
  if (before?.value === undefined) return undefined;
  const { expiresAt } = before;
  if (expiresAt !== undefined && expiresAt <= now()) return "delete";
  return { set: codec.decode(await inlineValue(journal, before.value)).value, expiresAt };
}

async function commitAt(journal: JournalState, revision: Revision): Promise<Commit | undefined> {
  for await (const { page } of pagesSince(journal, justBelow(revision)))
    return page.commits.find((commit) => commit.revision === revision);
  return undefined;
}

async function changedAfter(journal: JournalState, revision: Revision): Promise<ReadonlySet<string>> {
  const places = new Set<string>();
  for await (const { page } of pagesSince(journal, justBelow(revision))) {
    for (const commit of page.commits) {
      if (commit.revision > revision) for (const change of commit.changes) places.add(placeOf(change));
    }
  }
  return places;
}

function placeOf({ scope, key }: Change): string {
  return `${scope}\n${key}`;
}
