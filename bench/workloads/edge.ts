/** E1 to E3: a Durable Object on SQLite in a local workerd. */

import { type ObjectTask, openWorkerd } from "../edge/workerd.ts";
import { onDemand } from "../on-demand.ts";
import type { Context, Row, Sample, Section, Workload } from "./workload.ts";

/** As in ../edge/program.ts. All are held back by the output gate until they are on disk. */
const SUBJECTS: Readonly<Record<string, { readonly history: boolean; readonly note: string }>> = {
  "sql row": { history: false, note: "INSERT OR REPLACE of JSON text, synchronous" },
  "sql row and history row": { history: true, note: "the same, and a row of a history table" },
  "sql segment log": {
    history: true,
    note: "JSON lines gathered in a turn, one row of bytes; no checks, no index",
  },
  "storage.put and list": { history: false, note: "the asynchronous key-value API" },
  keepstate: { history: true, note: "Durable Object adapter at its defaults: journal and history on" },
  "keepstate, every value read": {
    history: true,
    note: "a loaded scope answers every get at once and parses a value when it is first read; here all of them are read too",
  },
};

export const edgeWorkloads: readonly Workload[] = [
  {
    id: "E1",
    title: "Durable Object: awaited sets in a request",
    sections: (context) => {
      const count = context.quick ? 200 : 500;
      return inObject(context, {
        title: "set, one after the other, records of about 300 B",
        unit: "µs/set",
        sizes: { sets: count },
        limit: "sql row and history row",
        names: ["sql row and history row", "sql row", "storage.put and list", "keepstate"],
        kind: "sequential",
        count,
        bars: [{ row: "keepstate", atMost: 3, of: "sql row and history row" }],
      });
    },
  },
  {
    id: "E2",
    title: "Durable Object: 2,000 sets at once",
    sections: (context) => {
      const count = context.quick ? 500 : 2_000;
      return inObject(context, {
        title: "set, awaited together, records of about 300 B",
        unit: "µs/set",
        sizes: { sets: count },
        limit: "sql segment log",
        names: ["sql segment log", "sql row and history row", "sql row", "storage.put and list", "keepstate"],
        kind: "together",
        count,
        bars: [{ row: "keepstate", atMost: 4, of: "sql segment log" }],
      });
    },
  },
  {
    id: "E3",
    title: "Durable Object: restarted, load everything",
    sections: (context) => {
      const count = context.quick ? 1_000 : 10_000;
      return inObject(context, {
        title: "Entries of about 300 B in one scope, after an eviction",
        unit: "ms",
        sizes: { entries: count },
        limit: "storage.put and list",
        names: [
          "storage.put and list",
          "sql row",
          "sql segment log",
          "keepstate",
          "keepstate, every value read",
        ],
        kind: "load",
        count,
        bars: [{ row: "keepstate", atMost: 1, of: "storage.put and list" }],
      });
    },
  },
];

interface ObjectSection extends Omit<Section, "rows"> {
  readonly names: readonly string[];
  readonly kind: ObjectTask["kind"];
  readonly count: number;
}

export const workerd = onDemand(openWorkerd);

let objects = 0;

function inObject(context: Context, { names, kind, count, ...section }: ObjectSection): Section[] {
  const rows = names.map((subject): Row => {
    const filled = `object-${++objects}`;

    async function sample(): Promise<Sample> {
      const { run, evict } = await workerd.get(`${context.scratch.root}/workerd`);
      if (kind === "load") {
        await evict(filled);
        return { value: await run({ subject, kind, object: filled, count }) };
      }
      const took = await run({ subject, kind, object: `object-${++objects}`, count });
      return { value: (took * 1_000) / count };
    }

    return {
      name: subject,
      durable: true,
      ...(SUBJECTS[subject] ?? { history: false, note: "" }),
      async setup() {
        const { run } = await workerd.get(`${context.scratch.root}/workerd`);
        if (kind === "load") await run({ subject, kind: "fill", object: filled, count });
      },
      sample,
    };
  });
  return [{ ...section, rows }];
}
