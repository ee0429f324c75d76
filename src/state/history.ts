import type { UniversalEvent } from "../events/event.ts";
import { makeEvent } from "../events/event.ts";
import { StateError } from "../ground/error.ts";
import { checkName } from "../ground/name.ts";
import { parseRevision, type Revision } from "../ground/revision.ts";
import type { HookRun } from "../hooks/recorded.ts";
import type { Commit } from "../journal/commit.ts";
import { commitsOf, justBelow, pagesSince } from "../journal/past.ts";
import type { Veto } from "./decide.ts";
import type { Engine } from "./engine.ts";
import { inlined, journalEvent } from "./remote.ts";

/** What a commit's detail holds. */
interface Detail {
  readonly runs?: readonly HookRun[];
  readonly veto?: Veto;
  readonly of?: Revision;
}

/** One entry of a timeline, in journal order. */
export type TimelineEntry =
  | {
      readonly kind: "change";
      readonly revision: Revision;
      /** Wall time in milliseconds; a label. */
      readonly time: number;
      readonly scope: string;
      readonly key: string;
      readonly operation: "set" | "delete" | "expire";
      readonly newValue: unknown;
      /** The revision of the key's change before, if there was an entry. */
      readonly previousRevision: Revision | undefined;
      readonly actor: string | undefined;
      /** The before hooks that decided it. */
      readonly runs: readonly HookRun[];
    }
  | ({
      readonly kind: "veto";
      readonly revision: Revision;
      readonly time: number;
      readonly actor: string | undefined;
      readonly runs: readonly HookRun[];
    } & Veto)
  /** Runs of after hooks, or of hooks whose failure stopped a write. */
  | {
      readonly kind: "runs";
      readonly revision: Revision;
      readonly time: number;
      readonly actor: string | undefined;
      readonly runs: readonly HookRun[];
      readonly of: Revision | undefined;
    };

/** Everything that happened under one correlation id. */
export interface Timeline {
  readonly correlationId: string;
  readonly events: readonly TimelineEntry[];
}

/** Reads the timeline of a correlation id from the journal, also after a restart. */
export async function timelineOf(engine: Engine, correlationId: string): Promise<Timeline> {
  const events: TimelineEntry[] = [];
  for await (const commit of commitsOf(engine.journal, checkCorrelationId(correlationId))) {
    events.push(...(await entriesOf(engine, commit)));
  }
  return { correlationId, events };
}

/** The recorded hook runs of a correlation id, in journal order. */
export async function executionsOf(engine: Engine, correlationId: string): Promise<HookRun[]> {
  const runs: HookRun[] = [];
  for await (const commit of commitsOf(engine.journal, checkCorrelationId(correlationId))) {
    runs.push(...(detailOf(engine, commit).runs ?? []));
  }
  return runs;
}

function checkCorrelationId(id: string): string {
  if (typeof id !== "string" || id === "") throw new TypeError("a correlation id is a non-empty string");
  return id;
}

function detailOf(engine: Engine, { detail }: Commit): Detail {
  return detail === undefined ? {} : (engine.codec.decode(detail).value as Detail); // written by the state layer
}

async function entriesOf(engine: Engine, commit: Commit): Promise<TimelineEntry[]> {
  const { revision, time } = commit;
  const { actor } = commit.correlation;
  const { runs = [], veto, of } = detailOf(engine, commit);
  if (veto !== undefined) return [{ kind: "veto", revision, time, actor, runs, ...veto }];
  if (commit.kind === "runs") return [{ kind: "runs", revision, time, actor, runs, of }];
  const inline = await inlined(engine.journal, commit.changes);
  return commit.changes.map((change, index) => {
    const { data } = journalEvent(engine.codec, commit, change, index, inline, "journal");
    return {
      kind: "change",
      revision,
      time,
      scope: change.scope,
      key: change.key,
      operation: change.operation,
      newValue: data.newValue,
      previousRevision: change.previous,
      actor,
      runs,
    };
  });
}

/** A place in the journal between two changes: behind a commit, or behind one change of it. */
interface Cursor {
  readonly revision: Revision;
  /** The changes of that commit up to this one are behind it. */
  readonly index: number;
}

/** Reads a revision, or the id of a change's event: a revision, a dot and the change's place in its commit. */
function parseCursor(text: string): Cursor {
  const [revision = "", index, ...rest] = checkName(text, "cursor").split(".");
  if (rest.length > 0 || (index !== undefined && !/^\d{1,9}$/.test(index))) {
    throw new StateError("invalid", `"${text}" is neither a revision nor the id of a change's event`);
  }
  return {
    revision: parseRevision(revision),
    index: index === undefined ? Number.POSITIVE_INFINITY : Number(index),
  };
}

/**
 * The changes after `from` as events: first those in the journal, then, without a gap or a repetition, those to come.
 * Ends when the loop is left or the store closes.
 */
export async function* changesSince(
  engine: Engine,
  from: Revision | string,
  signal?: AbortSignal,
): AsyncGenerator<UniversalEvent, undefined> {
  const cursor = parseCursor(from);
  let at = cursor.revision;
  const live = engine.bus.attach("state.changed", signal === undefined ? {} : { signal });
  const naming = { id: () => "", now: engine.now };
  let sequence = 0;
  try {
    const isInside = Number.isFinite(cursor.index);
    for await (const { page } of pagesSince(engine.journal, isInside ? justBelow(at) : at)) {
      const inline = await inlined(
        engine.journal,
        page.commits.flatMap((c) => c.changes),
      );
      for (const commit of page.commits) {
        if (commit.revision < at || (commit.revision === at && !isInside)) continue;
        for (const [index, change] of commit.changes.entries()) {
          if (commit.revision === cursor.revision && index <= cursor.index) continue;
          yield makeEvent(
            journalEvent(engine.codec, commit, change, index, inline, "journal"),
            sequence++,
            naming,
          );
        }
      }
      at = page.revision;
    }
    for (;;) {
      const events = await live.take();
      if (events.length === 0) return undefined;
      for (const event of events) if (event.revision === undefined || event.revision > at) yield event;
    }
  } finally {
    live.close();
  }
}
