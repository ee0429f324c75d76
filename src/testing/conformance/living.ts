import { utf8 } from "../../ground/bytes.ts";
import type { Store } from "../../store/store.ts";
import {
  type CaseDefinition,
  dump,
  EVERYTHING,
  type KnownTraits,
  key,
  put,
  remove,
  scanAll,
  swapOf,
} from "./bench.ts";
import { check, checkBytes, checkRejects, checkSame } from "./check.ts";

function opens({ secondWriter }: KnownTraits): string | undefined {
  return secondWriter === "opens"
    ? undefined
    : "a second writer is locked out, which a case of its own shows";
}

function locked({ secondWriter }: KnownTraits): string | undefined {
  return secondWriter === "locked" ? undefined : "a second writer opens, which a case of its own shows";
}

/** Each operation, begun now. */
function everyCall(store: Store): Record<string, Promise<unknown>> {
  return {
    get: store.get([key("a")]),
    scan: scanAll(store),
    commit: store.commit({ writes: [put("late", "1")] }),
    swap: store.commit({ writes: [], swap: swapOf("late", undefined, "1") }),
  };
}

export const living: readonly CaseDefinition[] = [
  {
    name: "life: what was committed is there after closing and opening again",
    async run({ open, write }) {
      let store = await open();
      const sizes = [0, 1, 1000, 70_000].filter((size) => size <= store.capabilities.maxValueBytes);
      for (const size of sizes)
        await write(store, [put(`size/${size}`, new Uint8Array(size).fill(size % 251))]);
      await write(store, [remove("size/1")], swapOf("pointer", undefined, "1"));
      const before = await dump(store);
      for (let round = 0; round < 3; round++) {
        await store.close();
        store = await open();
        checkSame(await dump(store), before, `everything, opened again (${round + 1})`);
      }
      await write(store, [put("more", "1")], swapOf("pointer", "1", "2"));
      await store.close();
      store = await open();
      const values = await store.get([key("more"), key("pointer"), key("size/1")]);
      checkSame([...values], [utf8("1"), utf8("2"), undefined], "more, pointer, size/1");
    },
  },
  {
    name: "life: closing twice, and at the same time, is closing once",
    async run({ open }) {
      const store = await open();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    },
  },
  {
    name: "life: closing waits for commits in flight, and they land",
    async run({ open, settle }) {
      const store = await open();
      const committing = Array.from({ length: 20 }, (_, i) =>
        store.commit({ writes: [put(`n${i}`, `${i}`)] }),
      );
      await store.close();
      checkSame([...new Set(await Promise.all(committing))], ["committed"], "outcomes");
      await settle();
      const again = await open();
      checkSame((await scanAll(again)).length, 20, "entries after opening again");
    },
  },
  {
    name: "life: once closing has begun, and after it, every call rejects as closed",
    async run({ open, write }) {
      const store = await open();
      await write(store, [put("a", "1")]);
      const closing = store.close();
      for (const [name, call] of Object.entries(everyCall(store)))
        await checkRejects(call, "closed", `${name} while closing`);
      await closing;
      for (const [name, call] of Object.entries(everyCall(store)))
        await checkRejects(call, "closed", `${name} after closing`);
      const again = await open();
      checkSame(await dump(again), "a=49", "everything");
    },
  },
  {
    name: "life: closing ends a scan that is under way",
    async run({ open, write }) {
      const store = await open();
      await write(store, [put("a", "1"), put("b", "2")]);
      const scan = store.scan(EVERYTHING, { maxBytes: 1 })[Symbol.asyncIterator]();
      checkSame((await scan.next()).value?.length, 1, "entries of the first chunk");
      await store.close();
      await checkRejects(Promise.resolve(scan.next()), "closed", "the next chunk");
    },
  },
  {
    name: "life: openings begun at the same time see the same data",
    skip: opens,
    async run({ open, openAnother, write, read }) {
      const [first, second, third] = await Promise.all([open(), open(), openAnother()]);
      await write(first, [put("a", "1")]);
      await write(third, [put("b", "2")]);
      for (const store of [first, second, third]) {
        checkBytes(await read(store, key("a")), utf8("1"), "a");
        checkBytes(await read(store, key("b")), utf8("2"), "b");
      }
      await first.close();
      await write(second, [put("a", "3")]);
      checkBytes(await read(third, key("a")), utf8("3"), "a, after the first was closed");
    },
  },
  {
    name: "life: a second writer is refused as locked until the first has closed",
    skip: locked,
    async run({ open, openAnother, write, read }) {
      const first = await open();
      await write(first, [put("a", "1")]);
      await checkRejects(openAnother(), "locked", "a second writer");
      await checkRejects(open(), "locked", "a second writer of the same program");
      checkBytes(await read(first, key("a")), utf8("1"), "a, after others were refused");
      await write(first, [put("a", "2")]);
      await first.close();
      const second = await openAnother();
      checkBytes(await read(second, key("a")), utf8("2"), "a");
      await write(second, [put("a", "3")]);
    },
  },
  {
    name: "life: of writers that open at the same time one gets in",
    skip: locked,
    async run({ open, openAnother, write }) {
      const outcomes = await Promise.allSettled([open(), openAnother(), openAnother()]);
      const stores = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
      checkSame(stores.length, 1, "writers that got in");
      for (const outcome of outcomes) {
        if (outcome.status === "rejected")
          await checkRejects(Promise.reject(outcome.reason), "locked", "the others");
      }
      for (const store of stores) await write(store, [put("a", "1")]);
    },
  },
  {
    name: "life: opening, reading and closing change no data",
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [put("a", "1"), put("b", ""), put("c", "3")], swapOf("pointer", undefined, "1"));
      await write(store, [remove("c")]);
      const before = await dump(store);
      await store.close();
      for (const readOnly of [true, false, true]) {
        const again = await open({ readOnly });
        checkSame(await dump(again), before, `everything, ${readOnly ? "read-only" : "for writing"}`);
        await read(again, key("none"));
        await again.close();
      }
      checkSame(await dump(await open()), before, "everything, at the end");
    },
  },
  {
    name: "life: read-only refuses commits and reads all the same",
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [put("a", "1")]);
      await store.close();
      const reader = await open({ readOnly: true });
      await checkRejects(reader.commit({ writes: [put("a", "2")] }), "read_only", "a put");
      await checkRejects(reader.commit({ writes: [remove("a")] }), "read_only", "a delete");
      await checkRejects(
        reader.commit({ writes: [], swap: swapOf("p", undefined, "1") }),
        "read_only",
        "a swap",
      );
      checkSame(await dump(reader), "a=49", "everything");
      await reader.close();
      checkBytes(await read(await open(), key("a")), utf8("1"), "a");
    },
  },
  {
    name: "life: read-only takes no lock: beside a writer, and a writer beside it",
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [put("a", "1")]);
      await store.close();
      const writer = await open();
      const readers = [await open({ readOnly: true }), await open({ readOnly: true })];
      for (const reader of readers) checkBytes(await read(reader, key("a")), utf8("1"), "a, beside a writer");
      await writer.close();
      const next = await open();
      await write(next, [put("b", "2")]);
      for (const reader of readers)
        checkBytes(await read(reader, key("a")), utf8("1"), "a, beside the next writer");
    },
  },
  {
    name: "life: read-only, a store that was never written is empty and stays so",
    async run({ open }) {
      for (let round = 0; round < 2; round++) {
        const reader = await open({ readOnly: true });
        checkSame([...(await reader.get([key("a")]))], [undefined], "a");
        checkSame(await dump(reader), "", "everything");
        await reader.close();
      }
      checkSame(await dump(await open()), "", "everything, for writing");
    },
  },
  {
    name: "abort: a signal that is aborted already ends open, get and scan",
    async run({ open, write }) {
      const signal = abortedSignal();
      await checkRejects(open({ signal }), "aborted", "open");
      const store = await open();
      await write(store, [put("a", "1")]);
      await checkRejects(store.get([key("a")], signal), "aborted", "get");
      await checkRejects(scanAll(store, EVERYTHING, { signal }), "aborted", "scan");
      checkSame(await dump(store), "a=49", "everything");
    },
  },
  {
    name: "abort: a scan stops at the next chunk, and the store works on",
    async run({ open, write }) {
      const store = await open();
      await write(store, [put("a", "1"), put("b", "2"), put("c", "3")]);
      const controller = new AbortController();
      const scan = store.scan(EVERYTHING, { maxBytes: 1, signal: controller.signal })[Symbol.asyncIterator]();
      checkSame((await scan.next()).value?.length, 1, "entries of the first chunk");
      controller.abort();
      await checkRejects(Promise.resolve(scan.next()), "aborted", "the next chunk");
      await write(store, [put("d", "4")]);
      check((await dump(store)).endsWith("d=52"), "what was written after an abort is not there");
    },
  },
];

function abortedSignal(): AbortSignal {
  const controller = new AbortController();
  controller.abort();
  return controller.signal;
}
