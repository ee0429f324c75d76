/** P2: many sets at once, awaited together, and through the store's own batch call. */

import { batched, together } from "../bursts.ts";
import { keepstate } from "../subjects/keepstate.ts";
import { keyv } from "../subjects/keyv.ts";
import { langgraph } from "../subjects/langgraph.ts";
import { level } from "../subjects/level.ts";
import { lmdb, lmdbFlushed } from "../subjects/lmdb.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { sqlite, sqliteHistory } from "../subjects/sqlite.ts";
import type { Opened, Subject } from "../subjects/subject.ts";
import { tinybase } from "../subjects/tinybase.ts";
import { unstorage } from "../subjects/unstorage.ts";
import { type Entry, entries, largeRecord } from "../values.ts";
import { type Context, type Row, rowOf, type Sample, type Section, type Workload } from "./workload.ts";

type Way = (store: Opened, list: readonly Entry[]) => Promise<Sample>;

/** A millisecond a set or more: measured on a tenth, which flatters them if anything. */
const slow = [unstorage, keyv];

export const p2: Workload = {
  id: "P2",
  title: "10,000 sets at once",
  sections: (context) => [atOnce(context), inBatch(context), largeAtOnce(context)],
};

function atOnce(context: Context): Section {
  const list = entries(context.quick ? 2_000 : 10_000);
  const fast = context.those(
    rawLog,
    keepstate,
    lmdbFlushed,
    level,
    sqlite,
    sqliteHistory,
    lmdb,
    langgraph,
    tinybase,
  );
  const tenth = list.slice(0, list.length / 10);
  return {
    title: "set, awaited together, records of about 300 B",
    unit: "µs/set",
    sizes: { sets: list.length, "sets of slow peers": tenth.length },
    limit: rawLog.name,
    rows: [
      ...fast.map((subject) => row(context, subject, list, together)),
      ...context
        .those(...slow)
        .map((subject) => row(context, subject, tenth, together, `, ${tenth.length} sets`)),
    ],
    bars: [{ row: keepstate.name, atMost: 2.5, of: rawLog.name }],
  };
}

function inBatch(context: Context): Section {
  const list = entries(context.quick ? 2_000 : 10_000);
  return {
    title: "the store's batch call, records of about 300 B",
    unit: "µs/set",
    sizes: { sets: list.length },
    limit: rawLog.name,
    rows: context
      .those(rawLog, keepstate, lmdbFlushed, level, sqlite, sqliteHistory, lmdb, tinybase)
      .map((subject) => row(context, subject, list, batched)),
    bars: [{ row: keepstate.name, atMost: 2, of: rawLog.name }],
  };
}

function largeAtOnce(context: Context): Section {
  const list = entries(context.quick ? 200 : 1_000, undefined, largeRecord);
  return {
    title: "set, awaited together, records of about 10 KB",
    unit: "µs/set",
    sizes: { sets: list.length },
    limit: rawLog.name,
    rows: context
      .those(rawLog, keepstate, lmdbFlushed, level, sqliteHistory)
      .map((subject) => row(context, subject, list, together)),
    bars: [{ row: keepstate.name, atMost: 2.5, of: rawLog.name }],
  };
}

function row(context: Context, subject: Subject, list: readonly Entry[], way: Way, suffix = ""): Row {
  const sample = () =>
    context.scratch.within(async (dir) => {
      const store = await subject.open(dir);
      const measured = await way(store, list);
      await store.close();
      return measured;
    });
  return rowOf(subject, sample, suffix);
}
