/** P3: a cold process opens a store and reads all of it; history behind the values must not matter. */

import { cold } from "../cold.ts";
import { fill } from "../measure.ts";
import { keepstate } from "../subjects/keepstate.ts";
import { langgraphOneThread } from "../subjects/langgraph.ts";
import { level } from "../subjects/level.ts";
import { lmdb } from "../subjects/lmdb.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { sqliteHistory } from "../subjects/sqlite.ts";
import type { Subject } from "../subjects/subject.ts";
import { tinybase } from "../subjects/tinybase.ts";
import { entries } from "../values.ts";
import { HISTORY_KEYS, storeWithHistory } from "./history.ts";
import { type Context, type Row, rowOf, type Section, type Workload } from "./workload.ts";

const COLUMNS = ["open ms", "read ms", "import ms"];

export const p3: Workload = {
  id: "P3",
  title: "cold start: open and read everything",
  sections: (context) => [plain(context), behindHistory(context)],
};

function plain(context: Context): Section {
  const count = context.quick ? 10_000 : 100_000;
  return {
    title: "Entries of about 300 B in one scope",
    unit: "ms",
    sizes: { entries: count },
    limit: rawLog.name,
    columns: COLUMNS,
    rows: context
      .those(rawLog, keepstate, level, sqliteHistory, lmdb, tinybase, langgraphOneThread)
      .map((subject) => row(subject, count, () => loadedStore(context, subject, count))),
    bars: [{ row: keepstate.name, atMost: 1, of: rawLog.name }],
    rounds: context.quick ? 3 : 5,
  };
}

function behindHistory(context: Context): Section {
  const changes = [1_000, context.quick ? 20_000 : 1_000_000];
  const name = (count: number) => `, ${count.toLocaleString("en-US")} changes`;
  const [few = 0, many = 0] = changes;
  return {
    title: `${HISTORY_KEYS.toLocaleString("en-US")} entries with few and with many changes behind them`,
    unit: "ms",
    sizes: { entries: HISTORY_KEYS, "fewest changes": few, "most changes": many },
    columns: COLUMNS,
    rows: context.those(keepstate, sqliteHistory).flatMap((subject) =>
      changes.map((count) => {
        const fixture = () => storeWithHistory(context, subject, count, "cold start and sets");
        return { ...row(subject, HISTORY_KEYS, fixture, name(count)), base: subject.name + name(few) };
      }),
    ),
    bars: [{ row: keepstate.name + name(many), atMost: 1.2, of: keepstate.name + name(few) }],
  };
}

function row(subject: Subject, count: number, fixture: () => Promise<string>, suffix = ""): Row {
  const sample = async () => cold({ kind: "load", subject: subject.name, dir: await fixture(), count });
  return { ...rowOf(subject, sample, suffix), setup: async () => void (await fixture()) };
}

/** A store of `count` entries under the keys k0, k1, …, closed again. */
export function loadedStore(context: Context, subject: Subject, count: number): Promise<string> {
  return context.scratch.fixture(
    `${subject.name} with ${count.toLocaleString("en-US")} entries`,
    async (dir) => {
      const store = await subject.open(dir);
      // A thread of LangGraph is written whole each time, so it gets everything at once.
      await fill(store, entries(count), subject === langgraphOneThread ? count : undefined);
      await store.close();
    },
  );
}
