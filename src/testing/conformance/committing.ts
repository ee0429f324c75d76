import { utf8 } from "../../ground/bytes.ts";
import type { Capabilities } from "../../store/capabilities.ts";
import { weigh } from "../../store/check.ts";
import type { Write } from "../../store/store.ts";
import {
  type CaseDefinition,
  dump,
  type KnownTraits,
  key,
  put,
  remove,
  scanKeys,
  swapOf,
  turn,
} from "./bench.ts";
import { check, checkBytes, checkSame, rejection, show } from "./check.ts";

const LARGEST_COUNT = 10_000;
const LARGEST_BYTES = 32 * 1024 * 1024;
const ROUNDS = 25;

/** As many equal puts as a batch takes, and their bytes as many as it takes. */
function fullBatch({ maxBatch, maxValueBytes }: Capabilities): Write[] {
  const count = Math.min(maxBatch.count, 200);
  const bytes = Math.floor(Math.min(maxBatch.bytes, LARGEST_BYTES) / count) - 4;
  const size = Math.min(maxValueBytes, maxBatch.bytes > LARGEST_BYTES ? 1 : bytes);
  return Array.from({ length: count }, (_, i) => put(String(i).padStart(4, "0"), new Uint8Array(size)));
}

function gated({ consistency, minPutIntervalMs }: KnownTraits): string | undefined {
  if (minPutIntervalMs > 0)
    return `a key takes one put in ${minPutIntervalMs} ms, so writers cannot race on it`;
  return consistency === "strong"
    ? undefined
    : "old reads hide what was written first where consistency is eventual";
}

export const committing: readonly CaseDefinition[] = [
  {
    name: "commit: nothing at all is committed",
    async run({ open, write }) {
      const store = await open();
      await write(store, []);
      checkSame(await scanKeys(store), [], "keys");
    },
  },
  {
    name: "commit: puts and deletes of one batch, also of what is not there",
    async run({ open, write }) {
      const store = await open();
      await write(store, [put("a", "1"), put("b", "2"), put("c", "3")]);
      await write(store, [remove("a"), put("d", "4"), remove("none"), put("b", "5")]);
      checkSame(await dump(store), ["b=53", "c=51", "d=52"].join("\n"), "everything");
    },
  },
  {
    name: "commit: of several writes of one key the last wins",
    skip: ({ minPutIntervalMs }) =>
      minPutIntervalMs === 0
        ? undefined
        : `a key takes one put in ${minPutIntervalMs} ms, so also in a batch`,
    async run({ open, write }) {
      const store = await open();
      await write(store, [put("a", "0"), put("b", "0")]);
      await write(store, [
        put("a", "1"),
        put("a", "2"),
        put("b", "1"),
        remove("b"),
        remove("c"),
        put("c", "3"),
      ]);
      const values = await store.get(["a", "b", "c"].map(key));
      checkSame([...values], [utf8("2"), undefined, utf8("3")], "a, b, c");
    },
  },
  {
    name: "commit: a batch at the limits lands, a larger one is refused and nothing of it lands",
    skip: ({ maxBatch }) =>
      maxBatch.count <= LARGEST_COUNT || maxBatch.bytes <= LARGEST_BYTES
        ? undefined
        : `batches have no limit below ${LARGEST_COUNT} writes or ${LARGEST_BYTES} bytes`,
    async run({ open, write, settle }) {
      const store = await open();
      const { maxBatch } = store.capabilities;
      const writes = fullBatch(store.capabilities);
      await write(store, writes);
      checkSame((await scanKeys(store)).length, writes.length, "entries of a batch at the limits");
      const before = await dump(store);

      const larger: Write[] = [put("new", "1"), remove("0000")];
      while (
        weigh({ writes: larger }).count <= maxBatch.count &&
        weigh({ writes: larger }).bytes <= maxBatch.bytes
      ) {
        larger.push(...writes, ...writes);
      }
      const error = await rejection(store.commit({ writes: larger }), "a batch above the limits");
      check(error instanceof TypeError, `a batch above the limits: expected a TypeError, got ${show(error)}`);
      await settle();
      check((await dump(store)) === before, "a refused batch left something");
    },
  },
  {
    name: "commit: a hundred at once all land",
    async run({ open, settle }) {
      const store = await open();
      const names = Array.from({ length: 100 }, (_, i) => `n${String(i).padStart(3, "0")}`);
      const outcomes = await Promise.all(
        names.map((name) => store.commit({ writes: [put(name, name), put(`${name}.b`, name)] })),
      );
      checkSame([...new Set(outcomes)], ["committed"], "outcomes");
      await settle();
      checkSame(
        await scanKeys(store),
        names.flatMap((name) => [name, `${name}.b`]),
        "keys",
      );
    },
  },
  {
    name: "commit: those of one opening, begun in order, land in order",
    skip: ({ minPutIntervalMs }) =>
      minPutIntervalMs === 0
        ? undefined
        : `a key takes one put in ${minPutIntervalMs} ms, so writers cannot race on it`,
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [put("a", "start")]);
      await store.commit({ writes: [put("a", "first")] });
      await store.commit({ writes: [put("a", "second")] });
      await write(store, []);
      checkBytes(await read(store, key("a")), utf8("second"), "a");
    },
  },
  {
    name: "commit: all or nothing: get never sees a part of a batch",
    skip: (traits) =>
      traits.atomicity === "batch" ? gated(traits) : "atomicity is prefix; its own case shows the order",
    async run({ open, write }) {
      const store = await open();
      const names = ["a", "m/1", "m/2", "z"];
      const all = (round: number) => names.map((name) => put(name, `${round}`));
      await write(store, all(0));
      for (let round = 1; round <= ROUNDS; round++) {
        const committing = store.commit({ writes: all(round) });
        const reads = await Promise.all([1, 2, 3].map(() => store.get(names.map(key))));
        await committing;
        for (const values of reads)
          checkSame(new Set(values.map(show)).size, 1, `different values in one read (${show([...values])})`);
      }
    },
  },
  {
    name: "commit: all or nothing: a chunk of a scan never sees a part of a batch",
    skip: (traits) =>
      traits.atomicity === "batch" ? gated(traits) : "atomicity is prefix; its own case shows the order",
    async run({ open, write }) {
      const store = await open();
      const names = ["a", "b", "c"];
      await write(
        store,
        names.map((name) => put(name, "0")),
      );
      for (let round = 1; round <= ROUNDS; round++) {
        const committing = store.commit({ writes: names.map((name) => put(name, `${round}`)) });
        for await (const chunk of store.scan({ from: key("a"), to: key("d") })) {
          const seen = new Set(chunk.map((entry) => show(entry.value)));
          checkSame(seen.size, 1, `different values in one chunk (${[...seen].join(" ")})`);
        }
        await committing;
      }
    },
  },
  {
    name: "commit: in order: who sees a later write of a batch sees the earlier ones, and with the swap all of them",
    skip: gated,
    async run({ open, write, read }) {
      const store = await open();
      const numberAt = async (name: string) => Number((await read(store, key(name)))?.[0] ?? 0);
      for (let round = 1; round <= ROUNDS; round++) {
        const value = new Uint8Array([round]);
        const from = round === 1 ? undefined : new Uint8Array([round - 1]);
        const writes = [put("first", value), put("second", value)];
        let landed = false;
        const committing = write(store, writes, { key: key("pointer"), from, to: value }).finally(() => {
          landed = true;
        });
        const ended = await Promise.allSettled([committing, watchOrder(() => landed)]);
        for (const end of ended) if (end.status === "rejected") throw end.reason;
      }

      /** Reads backwards, at least once: each must be at least as new as the one that was read before it. */
      async function watchOrder(isOver: () => boolean): Promise<void> {
        for (let reads = 1; reads === 1 || !isOver(); reads++) {
          const pointer = await numberAt("pointer");
          const second = await numberAt("second");
          const first = await numberAt("first");
          check(second >= pointer, `the pointer says ${pointer}, but the second write is at ${second}`);
          check(first >= second, `the second write is at ${second}, but the first at ${first}`);
          if (reads % 4 === 0) await turn();
        }
      }
    },
  },
  {
    name: "commit: a conflict that is seen before the first write leaves everything as it was",
    async run({ open, write, settle }) {
      const store = await open();
      await write(store, [put("a", "1"), put("b", "2")], swapOf("pointer", undefined, "one"));
      const before = await dump(store);
      const outcome = await store.commit({
        writes: [put("a", "9"), remove("b"), put("c", "9")],
        swap: swapOf("pointer", "other", "two"),
      });
      checkSame(outcome, "conflict", "a swap from another value");
      await settle();
      checkSame(await dump(store), before, "everything");
    },
  },
];
