/** P5: whether a set costs more with a long history behind it. */

import { sequential } from "../measure.ts";
import { keepstate } from "../subjects/keepstate.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { sqliteHistory } from "../subjects/sqlite.ts";
import type { Subject } from "../subjects/subject.ts";
import { entries, record } from "../values.ts";
import { HISTORY_KEYS, storeWithHistory } from "./history.ts";
import { type Context, openRowOf, type Row, type Workload } from "./workload.ts";

export const p5: Workload = {
  id: "P5",
  title: "cost of a set as history grows",
  sections(context) {
    const few = 1_000;
    const many = context.quick ? 20_000 : 1_000_000;
    // Many short rounds: a disk's mood changes within a second, and 1.2 must stand out from it.
    const sets = 50;
    const name = (changes: number) => `, ${changes.toLocaleString("en-US")} changes`;
    return [
      {
        title: "Sequential awaited sets with few and with many changes behind them",
        unit: "µs/set",
        sizes: { keys: HISTORY_KEYS, "fewest changes": few, "most changes": many, sets },
        columns: ["p99 µs"],
        rounds: context.quick ? 9 : 41,
        rows: context.those(keepstate, sqliteHistory, rawLog).flatMap((subject) =>
          [few, many].map((changes) => ({
            ...row(context, subject, changes, sets, name(changes)),
            base: subject.name + name(few),
          })),
        ),
        bars: [{ row: keepstate.name + name(many), atMost: 1.2, of: keepstate.name + name(few) }],
      },
    ];
  },
};

function row(context: Context, subject: Subject, changes: number, sets: number, suffix: string): Row {
  return openRowOf(
    subject,
    async () => subject.open(await storeWithHistory(context, subject, changes, "cold start and sets")),
    (store, round) => sequential(store, entries(sets, HISTORY_KEYS, record, changes + round * sets)),
    suffix,
  );
}
