/** P6: whether a set costs more in a large scope. */

import { fill, sequential } from "../measure.ts";
import { conf } from "../subjects/conf.ts";
import { keepstate } from "../subjects/keepstate.ts";
import { langgraphOneThread } from "../subjects/langgraph.ts";
import { level } from "../subjects/level.ts";
import { lmdbFlushed } from "../subjects/lmdb.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { sqliteHistory } from "../subjects/sqlite.ts";
import type { Opened, Subject } from "../subjects/subject.ts";
import { tinybase } from "../subjects/tinybase.ts";
import { type Entry, entries, record } from "../values.ts";
import { type Context, openRowOf, type Row, type Workload } from "./workload.ts";

const SMALL = 20;
/** Stores that write the whole scope are stopped here. */
const CAP_MS = 300;

export const p6: Workload = {
  id: "P6",
  title: "cost of a set as the scope grows",
  sections(context) {
    const large = context.quick ? 2_000 : 10_000;
    // Many short rounds: a disk's mood changes within a second, and 1.2 must stand out from it.
    const sets = 50;
    const name = (keys: number) => `, ${keys.toLocaleString("en-US")} keys`;
    return [
      {
        title: "Sequential awaited sets into a small and a large scope",
        unit: "µs/set",
        sizes: { "small scope": SMALL, "large scope": large, "sets at most": sets },
        columns: ["p99 µs"],
        rows: context
          .those(keepstate, rawLog, lmdbFlushed, level, sqliteHistory, langgraphOneThread, tinybase, conf)
          .flatMap((subject) =>
            [SMALL, large].map((keys) => ({
              ...row(context, subject, keys, sets, name(keys)),
              base: subject.name + name(SMALL),
            })),
          ),
        bars: [{ row: keepstate.name + name(large), atMost: 1.2, of: keepstate.name + name(SMALL) }],
        rounds: context.quick ? 3 : 21,
      },
    ];
  },
};

function row(context: Context, subject: Subject, keys: number, sets: number, suffix: string): Row {
  async function open(): Promise<Opened> {
    const name = `${subject.name} with ${keys.toLocaleString("en-US")} keys`;
    const store = await subject.open(await context.scratch.fixture(name, async () => undefined));
    await fill(store, entries(keys), keys);
    return store;
  }
  // Spread over the whole scope, so that no subject profits from touching one end of it.
  const list = (round: number) =>
    Array.from({ length: sets }, (_, index): Entry => {
      return [`k${(index * 7919) % keys}`, record(keys + round * sets + index)];
    });
  return openRowOf(subject, open, (store, round) => sequential(store, list(round), CAP_MS), suffix);
}
