/** P7: what loaded state keeps in memory, unread and read. */

import { cold } from "../cold.ts";
import { keepstate } from "../subjects/keepstate.ts";
import { lmdb } from "../subjects/lmdb.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { rawMap } from "../subjects/raw-map.ts";
import type { Subject } from "../subjects/subject.ts";
import { tinybase } from "../subjects/tinybase.ts";
import { loadedStore } from "./p3.ts";
import { type Context, type Row, rowOf, type Workload } from "./workload.ts";

const UNREAD = ", unread";

export const p7: Workload = {
  id: "P7",
  title: "memory after loading",
  sections(context) {
    const count = context.quick ? 10_000 : 100_000;
    const ours = context.those(keepstate).map((subject) => row(context, subject, count, false, UNREAD));
    const read = context
      .those(rawMap, keepstate, tinybase, lmdb)
      .map((subject) => row(context, subject, count, true));
    return [
      {
        title: "Entries of about 300 B, after a collection: heap and external memory",
        unit: "MB",
        sizes: { entries: count },
        limit: rawMap.name,
        rows: [...read, ...ours],
        bars: [
          { row: keepstate.name + UNREAD, atMost: 1, of: rawMap.name },
          { row: keepstate.name, atMost: 1.25, of: rawMap.name },
        ],
        rounds: 3,
      },
    ];
  },
};

function row(context: Context, subject: Subject, count: number, read: boolean, suffix = ""): Row {
  const filled = subject === rawMap ? rawLog : subject;
  const fixture = () => loadedStore(context, filled, count);
  const sample = async () =>
    cold({ kind: "memory", subject: subject.name, dir: await fixture(), count, read });
  return { ...rowOf(subject, sample, suffix), setup: async () => void (await fixture()) };
}
