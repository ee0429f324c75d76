/** P12: how fast one subscriber reads past events from a revision on. */

import { fill } from "../measure.ts";
import { keepstate, openKeepstate } from "../subjects/keepstate.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { sqliteHistory } from "../subjects/sqlite.ts";
import type { Subject } from "../subjects/subject.ts";
import { entries } from "../values.ts";
import { HISTORY_KEYS, storeWithHistory } from "./history.ts";
import { type Context, type Row, rowOf, type Sample, type Workload } from "./workload.ts";

export const p12: Workload = {
  id: "P12",
  title: "events read by one subscriber from a revision",
  sections(context) {
    const count = context.quick ? 20_000 : 100_000;
    const raws = context.those(rawLog, sqliteHistory).map((subject) => changesRow(context, subject, count));
    return [
      {
        title: "Every change from the first on; 5 µs are 200,000 a second",
        unit: "µs/event",
        sizes: { events: count, keys: HISTORY_KEYS },
        limit: rawLog.name,
        columns: ["events/s"],
        rows: [...raws, ...context.those(keepstate).map(() => eventsRow(context, count))],
        bars: [{ row: keepstate.name, atMost: 5 }],
      },
    ];
  },
};

/** The nearest thing elsewhere: all rows of the history, parsed. */
function changesRow(context: Context, subject: Subject, count: number): Row {
  return rowOf(subject, async () => {
    const store = await subject.open(await storeWithHistory(context, subject, count, "events"));
    const start = performance.now();
    const read = (await store.changes?.()) ?? 0;
    const sample = figure(start, read, count);
    await store.close();
    return sample;
  });
}

function eventsRow(context: Context, count: number): Row {
  const build = async () => {
    const dir = await context.scratch.fixture(
      `keepstate with ${count.toLocaleString("en-US")} events`,
      async (at) => {
        const store = await openKeepstate(at);
        const [first, ...rest] = entries(count + 1, HISTORY_KEYS);
        if (first !== undefined) await store.set(...first);
        from = store.revision();
        await fill(store, rest, HISTORY_KEYS);
        await store.close();
      },
    );
    return dir;
  };
  let from = "";
  return {
    ...rowOf(keepstate, async () => {
      const store = await openKeepstate(await build());
      const start = performance.now();
      const read = await store.readEvents(from, count);
      const sample = figure(start, read, count);
      await store.close();
      return sample;
    }),
    setup: async () => void (await build()),
  };
}

function figure(start: number, read: number, expected: number): Sample {
  const ms = performance.now() - start;
  if (read !== expected) throw new TypeError(`${read} of ${expected} changes were read`);
  return { value: (ms * 1_000) / read, "events/s": (read / ms) * 1_000 };
}
