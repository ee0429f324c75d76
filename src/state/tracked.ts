import { lazy } from "../ground/lazy.ts";
import type { Correlation } from "../ground/ports.ts";
import type { Revision } from "../ground/revision.ts";
import { commitBatch, type Gathered } from "./batch.ts";
import type { Engine } from "./engine.ts";
import type { WriteResult } from "./result.ts";
import type { KeptChange } from "./undo.ts";

const undoing = lazy("taking back a commit", () => import("./undo.ts"));

/** A batch that can be taken back. */
export interface TrackedBatch {
  readonly result: Promise<WriteResult>;
  /** Of the commit, once it is durable; undefined where nothing had to be changed. */
  revision(): Revision | undefined;
  /**
   * Takes back what it changed, hooks' changes included, and returns what still stands. In buffered mode it is stored first;
   * rejects if that fails.
   */
  undo(): Promise<readonly KeptChange[]>;
  /** To be called when nobody will ask any more. */
  end(): void;
}

/** Events carry the very object that their write was given, so it tells this commit from all others of its id. */
export function trackedBatch(
  engine: Engine,
  gathered: readonly Gathered[],
  given: Correlation,
  signal: AbortSignal | undefined,
): TrackedBatch {
  const correlation: Correlation = { ...given };
  let revision: Revision | undefined;
  const end = engine.bus.on("state.changed", (event) => {
    if (event.correlation === correlation) revision = event.revision;
  });
  return {
    result: commitBatch(engine, gathered, correlation, signal),
    revision: () => revision,
    async undo() {
      await engine.writer.flush();
      if (revision === undefined) return [];
      const { undoCommit } = undoing.now ?? (await undoing.load());
      return undoCommit(engine, revision, {
        ...given,
        causationId: revision,
        triggeredBy: "compensation",
      });
    },
    end,
  };
}
