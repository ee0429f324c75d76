/** P1: what one durable set costs when each is awaited, and whether the event loop stays free meanwhile. */

import { readFile } from "node:fs/promises";
import { SEQUENTIAL_COLUMNS, sequential } from "../measure.ts";
import { conf } from "../subjects/conf.ts";
import { keepstate } from "../subjects/keepstate.ts";
import { keyv } from "../subjects/keyv.ts";
import { langgraph } from "../subjects/langgraph.ts";
import { level } from "../subjects/level.ts";
import { lmdb, lmdbFlushed } from "../subjects/lmdb.ts";
import { rawDsync } from "../subjects/raw-dsync.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { sqlite, sqliteHistory } from "../subjects/sqlite.ts";
import type { Subject } from "../subjects/subject.ts";
import { tinybase } from "../subjects/tinybase.ts";
import { unstorage } from "../subjects/unstorage.ts";
import { type Entry, entries, jsonBytes, largeRecord } from "../values.ts";
import { type Context, type Row, rowOf, type Sample, type Section, type Workload } from "./workload.ts";

const KEYS = 20;
const durable = [rawLog, rawDsync, keepstate, sqlite, sqliteHistory, level, lmdbFlushed, keyv];
const notDurable = [lmdb, langgraph, tinybase, unstorage, conf];

export const p1: Workload = {
  id: "P1",
  title: "sequential awaited sets",
  sections: (context) => [small(context), large(context), long(context)],
};

function small(context: Context): Section {
  const list = entries(context.quick ? 100 : 500, KEYS);
  return {
    title: "Records of about 300 B",
    unit: "µs/set",
    sizes: sizes(list),
    limit: rawLog.name,
    columns: SEQUENTIAL_COLUMNS,
    rows: context.those(...durable, ...notDurable).map((subject) => row(context, subject, list)),
    bars: [
      { row: keepstate.name, atMost: 1.25, of: rawLog.name },
      // Half of a set is waiting for the disk on any machine where a sync is worth its name.
      { row: keepstate.name, column: "loop busy %", atMost: 50 },
    ],
    rounds: context.quick ? 3 : 11,
  };
}

function large(context: Context): Section {
  const list = entries(context.quick ? 50 : 200, KEYS, largeRecord);
  return {
    title: "Records of about 10 KB",
    unit: "µs/set",
    sizes: sizes(list),
    limit: rawLog.name,
    columns: SEQUENTIAL_COLUMNS,
    rows: context
      .those(rawLog, rawDsync, keepstate, sqliteHistory, level, lmdbFlushed)
      .map((subject) => row(context, subject, list)),
    bars: [{ row: keepstate.name, atMost: 1.25, of: rawLog.name }],
  };
}

/** Long enough that keepstate's journal passes several checkpoints, so that deferred work is in the figure. */
function long(context: Context): Section {
  const list = entries(context.quick ? 2_000 : 12_000, 1_000);
  return {
    title: "Past several checkpoints",
    unit: "µs/set",
    sizes: sizes(list),
    limit: rawLog.name,
    columns: [...SEQUENTIAL_COLUMNS, "bytes written × payload"],
    rows: context
      .those(rawLog, keepstate, sqliteHistory, level)
      .map((subject) => row(context, subject, list, 30_000)),
    bars: [{ row: keepstate.name, atMost: 1.25, of: rawLog.name }],
    rounds: context.quick ? 1 : 2,
  };
}

function row(context: Context, subject: Subject, list: readonly Entry[], capMs?: number): Row {
  const payload = jsonBytes(list);
  return rowOf(subject, () =>
    context.scratch.within(async (dir) => {
      const store = await subject.open(dir);
      const before = await bytesWritten();
      const sample: Sample = await sequential(store, list, capMs);
      const share = payload * ((sample["sets"] ?? list.length) / list.length);
      await store.close();
      const written = (await bytesWritten()) - before;
      return { ...sample, "bytes written × payload": written / share };
    }),
  );
}

/**
 * What this process passed to write calls, derived records included; NaN where the kernel does not tell. Its other
 * counter, `write_bytes`, counts whole folios, which on newer kernels are megabytes for a write of a kilobyte.
 */
async function bytesWritten(): Promise<number> {
  const text = await readFile("/proc/self/io", "utf8").catch(() => "");
  return Number(/^wchar: (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

function sizes(list: readonly Entry[]): Section["sizes"] {
  return {
    sets: list.length,
    keys: new Set(list.map(([key]) => key)).size,
    "bytes a value": jsonBytes(list) / list.length,
  };
}
