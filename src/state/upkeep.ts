import { checkpoint } from "../journal/checkpoint.ts";
import { sweep } from "../journal/sweep.ts";
import type { Engine } from "./engine.ts";
import { expire } from "./expiry.ts";

/** Removes what is past its time, and brings everything derived up to date. False where there was nothing to do. */
export async function derive(engine: Engine, catchUp: () => Promise<void>): Promise<boolean> {
  await expire(engine);
  if (engine.journal.store.capabilities.swap === "shared") await catchUp();
  return checkpoint(engine.journal);
}

/** Deletes what a crash left. False where another writer came in between, so that it must be tried again. */
export async function sweepOnce({ journal }: Engine): Promise<boolean> {
  return (await sweep(journal)) !== undefined;
}
