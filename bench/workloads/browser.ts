/** B1 to B4: the same questions in a real Chromium, over IndexedDB. */

import { chromiumIsThere, openChromium } from "../browser/chromium.ts";
import type { PageTask } from "../browser/task.ts";
import { onDemand } from "../on-demand.ts";
import type { Context, Row, Section, Workload } from "./workload.ts";

interface Promised {
  readonly history: boolean;
  readonly note: string;
}

/** As in ../browser/subjects, which only the page can import. */
const SUBJECTS: Readonly<Record<string, Promised>> = {
  "raw rows": { history: false, note: "one relaxed transaction with one put a set; many in one transaction" },
  "raw segment log": {
    history: true,
    note: "JSON lines, gathered while a transaction runs, one put of bytes and one of a head each; no checks, no index",
  },
  Map: { history: false, note: "parsed objects in a Map; nothing is stored" },
  keepstate: { history: true, note: "IndexedDB adapter at its defaults: relaxed, journal and history on" },
  "keepstate, every value read": {
    history: true,
    note: "a loaded scope answers every get at once and parses a value when it is first read; here all of them are read too",
  },
  "idb-keyval": { history: false, note: "set and setMany" },
  idb: { history: false, note: "db.put, and one transaction for many" },
  Dexie: { history: false, note: "table.put and bulkPut" },
  localForage: { history: false, note: "setItem on its IndexedDB driver; no call for many" },
  TinyBase: { history: false, note: "IndexedDB persister; sets made in one turn share a save" },
  RxDB: { history: false, note: "Dexie storage; upsert and bulkUpsert" },
};
const PEERS = ["idb-keyval", "idb", "Dexie", "localForage", "TinyBase", "RxDB"];

export const browserWorkloads: readonly Workload[] = [
  {
    id: "B1",
    title: "Chromium: awaited sets, one after the other",
    sections: (context) => {
      const count = context.quick ? 100 : 500;
      return inPage(context, {
        title: "set, records of about 300 B, relaxed",
        unit: "µs/set",
        sizes: { sets: count },
        limit: "raw rows",
        names: ["raw rows", "keepstate", ...PEERS],
        task: { kind: "sequential", count },
        bars: [{ row: "keepstate", atMost: 1.2, of: "raw rows" }],
      });
    },
  },
  {
    id: "B2",
    title: "Chromium: 10,000 sets at once",
    sections: (context) => {
      const count = context.quick ? 1_000 : 10_000;
      const common = { unit: "µs/set", sizes: { sets: count }, limit: "raw segment log" };
      return [
        ...inPage(context, {
          ...common,
          title: "set, awaited together, records of about 300 B",
          names: ["raw segment log", "raw rows", "keepstate", ...PEERS],
          task: { kind: "together", count },
          bars: [{ row: "keepstate", atMost: 4, of: "raw segment log" }],
        }),
        ...inPage(context, {
          ...common,
          title: "the store's batch call, records of about 300 B",
          names: ["raw segment log", "raw rows", "keepstate", ...PEERS],
          task: { kind: "batched", count },
          bars: [],
        }),
      ];
    },
  },
  {
    id: "B3",
    title: "Chromium: open and load everything",
    sections: (context) => {
      const count = context.quick ? 5_000 : 100_000;
      return inPage(context, {
        title: "Entries of about 300 B in one scope",
        unit: "ms",
        sizes: { entries: count },
        limit: "raw rows",
        names: ["raw rows", "raw segment log", "keepstate", "keepstate, every value read", ...PEERS],
        task: { kind: "load", count },
        bars: [{ row: "keepstate", atMost: 0.5, of: "raw rows" }],
        rounds: context.quick ? 2 : 3,
      });
    },
  },
  {
    id: "B4",
    title: "Chromium: hot get",
    sections: (context) =>
      inPage(context, {
        title: "get of 1,000 loaded entries in turn",
        unit: "ns",
        sizes: { entries: 1_000 },
        limit: "Map",
        names: ["Map", "keepstate", "TinyBase", "idb-keyval", "Dexie"],
        task: { kind: "get", count: 1_000 },
        bars: [{ row: "keepstate", atMost: 3, of: "Map" }],
      }),
  },
];

interface PageSection extends Omit<Section, "rows"> {
  readonly names: readonly string[];
  readonly task: Pick<PageTask, "kind" | "count">;
}

export const chromium = onDemand(openChromium);

let databases = 0;

function inPage(context: Context, { names, task, ...section }: PageSection): Section[] {
  if (!chromiumIsThere()) return [];
  const present = context.withPeers ? names : names.filter((name) => !PEERS.includes(name));
  const rows = present.map((subject): Row => {
    const stored = `bench-${++databases}`;
    const promised = SUBJECTS[subject] ?? { history: false, note: "" };
    const isFilled = task.kind === "load" || task.kind === "get";
    return {
      name: subject,
      durable: false,
      ...promised,
      async setup() {
        const { run } = await chromium.get(`${context.scratch.root}/chromium`);
        if (isFilled && subject !== "Map")
          await run({ ...task, kind: "fill", subject, database: stored, keep: true });
      },
      async sample() {
        const { run } = await chromium.get(`${context.scratch.root}/chromium`);
        const database = isFilled ? stored : `bench-${++databases}`;
        return { value: await run({ ...task, subject, database, keep: isFilled }) };
      },
    };
  });
  return [{ ...section, rows }];
}
