import { checkpoint } from "../journal/checkpoint.ts";
import { isSweepDue, sweep } from "../journal/sweep.ts";
import type { Engine } from "./engine.ts";
import { expire } from "./expiry.ts";
import { tellForks } from "./forked.ts";

/**
 * Removes what is past its time, deletes what a crash left, and brings everything derived up to date. False where there
 * was nothing to derive or another writer was faster.
 */
export async function derive(engine: Engine, catchUp: () => Promise<void>): Promise<boolean> {
  const { journal } = engine;
  await expire(engine);
  if (journal.store.capabilities.swap === "shared") await catchUp();
  if (isSweepDue(journal)) await sweep(journal);
  const { forked } = journal;
  const isDone = await checkpoint(journal);
  const met = journal.forked.filter((page) => !forked.includes(page));
  if (met.length > 0) await tellForks(engine, met);
  // It lost against another writer: what it wrote is nobody's now.
  if (isSweepDue(journal)) await sweep(journal);
  return isDone;
}
