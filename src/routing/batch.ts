import { nanoid } from "nanoid";
import type { BackendOutcome } from "../ground/error.ts";
import type { Schema, WriteOptions } from "../index.ts";
import { type Bound, commitGathered, commitTracked, type Gathered, type TrackedBatch } from "../internal.ts";
import type { Backend, Backends } from "./backend.ts";
import { type Part, type RoutedResult, routedResult, stands } from "./outcome.ts";
import { messageOf } from "./settled.ts";

/**
 * Commits each store's part of a batch, side by side. For one store that is its own batch: atomic. Over several it is not:
 * if a part is vetoed or fails, the parts that were committed are taken back by new changes, and a program that ends in
 * between leaves some of it. Places in the lanes are taken before this returns.
 */
export async function commitRouted<S extends Schema>(
  backends: Backends<S>,
  gathered: readonly Gathered[],
  options: WriteOptions,
  bound: Bound,
): Promise<RoutedResult> {
  const groups = groupsOf(backends, gathered);
  const [only, second] = groups;
  if (only !== undefined && second === undefined) {
    const result = await commitGathered(only.backend.state, only.changes, options);
    const part: Part = { backend: only.backend.name, result: { status: "fulfilled", value: result } };
    return routedResult([part], result.correlationId);
  }
  const correlationId = options.correlationId ?? bound.correlationId ?? nanoid();
  const batches = groups.map(({ backend, changes }) => ({
    name: backend.name,
    batch: begun(() => commitTracked(backend.state, changes, { ...options, correlationId })),
  }));
  try {
    const results = await Promise.allSettled(batches.map(({ batch }) => batch.result));
    const parts = results.map((result, i): Part => ({ backend: batches[i]?.name ?? "", result }));
    if (parts.every(stands)) return routedResult(parts, correlationId);
    const settled = await Promise.all(
      parts.map(async (part, i): Promise<Part> => {
        const batch = batches[i]?.batch;
        return batch !== undefined && stands(part) ? { ...part, undoing: await takeBack(batch) } : part;
      }),
    );
    return routedResult(settled, correlationId);
  } finally {
    for (const { batch } of batches) batch.end();
  }
}

/** A store that refuses at once, such as one that was closed, is a part that failed: the others have begun. */
function begun(begin: () => TrackedBatch): TrackedBatch {
  try {
    return begin();
  } catch (error) {
    return {
      result: Promise.reject(error),
      revision: () => undefined,
      undo: () => Promise.resolve([]),
      end() {
        // Nothing was begun.
      },
    };
  }
}

interface Group<S extends Schema> {
  readonly backend: Backend<S>;
  readonly changes: Gathered[];
}

/** In the order in which the batch first names the stores; an empty batch is one of the global scope's store. */
function groupsOf<S extends Schema>({ of }: Backends<S>, gathered: readonly Gathered[]): Group<S>[] {
  const groups = new Map<Backend<S>, Group<S>>();
  for (const one of gathered) {
    const backend = of(one.scope);
    const group = groups.get(backend) ?? { backend, changes: [] };
    groups.set(backend, group);
    group.changes.push(one);
  }
  return groups.size === 0 ? [{ backend: of("global"), changes: [] }] : [...groups.values()];
}

async function takeBack(batch: TrackedBatch): Promise<Pick<BackendOutcome, "status" | "reason" | "kept">> {
  try {
    const kept = await batch.undo();
    return kept.length === 0 ? { status: "undone" } : { status: "kept", kept };
  } catch (error) {
    return { status: "kept", reason: messageOf(error) };
  }
}
