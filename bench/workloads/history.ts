/** Stores with a long history behind few keys, shared by the workloads that ask whether it matters. */

import { fill } from "../measure.ts";
import type { Subject } from "../subjects/subject.ts";
import { entries } from "../values.ts";
import type { Context } from "./workload.ts";

export const HISTORY_KEYS = 1_000;
const SLICE = 50_000;

/** `changes` sets over 1,000 keys, in batches, then closed. `reader` tells apart who may write to it. */
export function storeWithHistory(
  context: Context,
  subject: Subject,
  changes: number,
  reader: string,
): Promise<string> {
  return context.scratch.fixture(
    `${subject.name} with ${changes.toLocaleString("en-US")} changes for ${reader}`,
    async (dir) => {
      const store = await subject.open(dir);
      for (let done = 0; done < changes; done += SLICE) {
        await fill(
          store,
          entries(Math.min(SLICE, changes - done), HISTORY_KEYS, undefined, done),
          HISTORY_KEYS,
        );
      }
      await store.close();
    },
  );
}
