/** P4: a hot get. Each sample is a process of its own, so that no subject spoils another's call sites. */

import { cold } from "../cold.ts";
import { keepstate } from "../subjects/keepstate.ts";
import { langgraph } from "../subjects/langgraph.ts";
import { level } from "../subjects/level.ts";
import { lmdb } from "../subjects/lmdb.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { rawMap } from "../subjects/raw-map.ts";
import { sqlite } from "../subjects/sqlite.ts";
import type { Subject } from "../subjects/subject.ts";
import { tinybase } from "../subjects/tinybase.ts";
import { loadedStore } from "./p3.ts";
import { type Context, type Row, rowOf, type Workload } from "./workload.ts";

const KEYS = 1_000;

export const p4: Workload = {
  id: "P4",
  title: "hot get",
  sections(context) {
    const inMemory = context.quick ? 5_000_000 : 20_000_000;
    const fromStore = context.quick ? 50_000 : 200_000;
    const gets = (subject: Subject) => {
      if (subject === rawMap || subject === keepstate) return inMemory;
      return subject === langgraph ? fromStore / 20 : fromStore;
    };
    const rows = context
      .those(rawMap, keepstate, tinybase, level, lmdb, sqlite, langgraph)
      .map((subject) => row(context, subject, gets(subject)));
    return [
      {
        title: "Every key in turn, values of about 300 B",
        unit: "ns/get",
        sizes: { keys: KEYS, "gets from memory": inMemory, "gets from a store": fromStore },
        limit: rawMap.name,
        rows,
        bars: [{ row: keepstate.name, atMost: 3, of: rawMap.name }],
      },
    ];
  },
};

function row(context: Context, subject: Subject, gets: number): Row {
  const filled = subject === rawMap ? rawLog : subject;
  const fixture = () => loadedStore(context, filled, KEYS);
  const sample = async () =>
    cold({ kind: "get", subject: subject.name, dir: await fixture(), count: KEYS, gets });
  return { ...rowOf(subject, sample), setup: async () => void (await fixture()) };
}
