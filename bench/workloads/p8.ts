/** P8: ten real hooks on each set, their runs recorded. */

import { sequential } from "../measure.ts";
import {
  keepstate,
  type OpenedKeepstate,
  openKeepstate,
  openKeepstateInMemory,
} from "../subjects/keepstate.ts";
import { rawLog } from "../subjects/raw-log.ts";
import { type Entry, entries } from "../values.ts";
import { CHECKS } from "./checks.ts";
import { type Context, type Row, rowOf, type Workload } from "./workload.ts";

const TEN = ", ten hooks";
const EACH = "keepstate in memory, each hook";

export const p8: Workload = {
  id: "P8",
  title: "ten hooks on a set, runs recorded",
  sections(context) {
    const list = entries(context.quick ? 100 : 500, 20);
    const many = entries(context.quick ? 500 : 5_000, 20);
    const durable = context
      .those(keepstate)
      .flatMap(() => [onDisk(context, list, 0, ", no hooks"), onDisk(context, list, 10, TEN)]);
    const memory = context.those(keepstate).map(() => eachHook(context, many));
    const raw = context.those(rawLog).map((subject) =>
      rowOf(subject, () =>
        context.scratch.within(async (dir) => {
          const store = await subject.open(dir);
          const sample = await sequential(store, list);
          await store.close();
          return sample;
        }),
      ),
    );
    return [
      {
        title: "Durable sets",
        unit: "µs/set",
        sizes: { sets: list.length, hooks: CHECKS.length },
        limit: rawLog.name,
        columns: ["p99 µs"],
        rows: [...raw, ...durable],
        bars: [{ row: keepstate.name + TEN, atMost: 1_000 }],
      },
      {
        title: "In memory: ten hooks less none, a hook",
        unit: "µs/hook",
        sizes: { sets: many.length, hooks: CHECKS.length },
        rows: memory,
        columns: ["no hooks µs/set", "ten hooks µs/set"],
        bars: [{ row: EACH, atMost: 20 }],
      },
    ];
  },
};

function addHooks(store: OpenedKeepstate, count: number): void {
  for (const [id, check] of CHECKS.slice(0, count)) store.addHook(id, check);
}

function onDisk(context: Context, list: readonly Entry[], hooks: number, suffix: string): Row {
  const sample = () =>
    context.scratch.within(async (dir) => {
      const store = await openKeepstate(dir);
      addHooks(store, hooks);
      const measured = await sequential(store, list);
      await store.close();
      return measured;
    });
  return rowOf(keepstate, sample, suffix);
}

function eachHook(context: Context, list: readonly Entry[]): Row {
  const perSet = async (hooks: number) => {
    const store = await openKeepstateInMemory();
    addHooks(store, hooks);
    const { value } = await sequential(store, list, context.quick ? 1_000 : 3_000);
    await store.close();
    return value;
  };
  return {
    name: EACH,
    durable: false,
    history: true,
    note: "memory adapter; the same checks, runs recorded",
    async sample() {
      const none = await perSet(0);
      const ten = await perSet(CHECKS.length);
      return { value: (ten - none) / CHECKS.length, "no hooks µs/set": none, "ten hooks µs/set": ten };
    },
  };
}
