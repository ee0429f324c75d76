import { utf8 } from "../../ground/bytes.ts";
import type { KeyRange, Store } from "../../store/store.ts";
import {
  type Bench,
  type CaseDefinition,
  EVERYTHING,
  key,
  put,
  remove,
  scanAll,
  scanChunks,
  scanKeys,
} from "./bench.ts";
import { check, checkBytes, checkSame } from "./check.ts";

/** In order; "-" and "." come before "/", digits after it, then "_", letters and "~". */
const NAMES = ["a", "a-", "a.", "a/", "a/-", "a/0", "a/b", "a/b/c", "a0", "a_", "ab", "a~", "b"];

async function filled({ open, write }: Bench): Promise<Store> {
  const store = await open();
  // Not in order, and in several commits.
  const shuffled = NAMES.map((name, i) => NAMES[(i * 5) % NAMES.length] ?? name);
  for (let i = 0; i < shuffled.length; i += 4) {
    await write(
      store,
      shuffled.slice(i, i + 4).map((name) => put(name, `value of ${name}`)),
    );
  }
  return store;
}

function between(from: string, to: string, more: Partial<KeyRange> = {}): KeyRange {
  return { from: key(from), to: key(to), ...more };
}

export const scanning: readonly CaseDefinition[] = [
  {
    name: "scan: an empty store has nothing in it",
    async run({ open }) {
      checkSame(await scanKeys(await open()), [], "keys");
    },
  },
  {
    name: "scan: a range in which nothing lies",
    async run(bench) {
      const store = await filled(bench);
      checkSame(await scanKeys(store, between("c", "d")), [], "c to d");
      checkSame(await scanKeys(store, between("a/b", "a/b")), [], "a/b to a/b");
      checkSame(await scanKeys(store, between("b", "a")), [], "b to a");
    },
  },
  {
    name: "scan: ascending by bytes, with the values",
    async run(bench) {
      const store = await filled(bench);
      const entries = await scanAll(store);
      checkSame(
        entries.map((entry) => entry.key),
        NAMES,
        "keys",
      );
      for (const entry of entries) checkBytes(entry.value, utf8(`value of ${entry.key}`), entry.key);
    },
  },
  {
    name: "scan: half-open, the first key included and the last not",
    async run(bench) {
      const store = await filled(bench);
      checkSame(await scanKeys(store, between("a/", "a/b")), ["a/", "a/-", "a/0"], "a/ to a/b");
      checkSame(
        await scanKeys(store, between("a/", "a0")),
        ["a/", "a/-", "a/0", "a/b", "a/b/c"],
        "all below a/",
      );
      checkSame(await scanKeys(store, between("a0", "ab")), ["a0", "a_"], "a0 to ab");
      checkSame(await scanKeys(store, between("a/a", "a/c")), ["a/b", "a/b/c"], "bounds that are not stored");
    },
  },
  {
    name: "scan: in reverse, from the last key before the upper bound",
    async run(bench) {
      const store = await filled(bench);
      checkSame(await scanKeys(store, { ...EVERYTHING, reverse: true }), NAMES.toReversed(), "everything");
      checkSame(
        await scanKeys(store, between("a/", "a/b", { reverse: true })),
        ["a/0", "a/-", "a/"],
        "a/ to a/b",
      );
    },
  },
  {
    name: "scan: at most as many as the limit, in either direction",
    async run(bench) {
      const store = await filled(bench);
      checkSame(await scanKeys(store, between("a/", "b", { limit: 2 })), ["a/", "a/-"], "first two");
      checkSame(
        await scanKeys(store, between("a/", "b", { limit: 2, reverse: true })),
        ["a~", "ab"],
        "last two",
      );
      checkSame(
        await scanKeys(store, between("a/", "b", { limit: 1000 })),
        NAMES.slice(3, -1),
        "more than there are",
      );
      checkSame(await scanKeys(store, between("a/", "b", { limit: 0 })), [], "none");
    },
  },
  {
    name: "scan: keysOnly leaves the values out",
    async run(bench) {
      const entries = await scanAll(await filled(bench), EVERYTHING, { keysOnly: true });
      checkSame(
        entries.map((entry) => entry.key),
        NAMES,
        "keys",
      );
      check(
        entries.every((entry) => entry.value.length === 0),
        "keysOnly gave values",
      );
    },
  },
  {
    name: "scan: chunks keep the byte budget unless one entry alone is larger, and none is empty",
    async run({ open, write }) {
      const store = await open();
      const sizes = [400, 400, 100, 900, 10, 0, 300, 300, 300, 99];
      for (const [i, size] of sizes.entries())
        await write(store, [put(`k${i}`, new Uint8Array(size).fill(i))]);
      for (const maxBytes of [1, 500, 800, 100_000]) {
        for (const reverse of [false, true]) {
          const chunks = await scanChunks(store, { ...EVERYTHING, reverse }, { maxBytes });
          for (const chunk of chunks) {
            const bytes = chunk.reduce((sum, entry) => sum + entry.value.length, 0);
            check(chunk.length > 0, `an empty chunk with a budget of ${maxBytes}`);
            check(
              bytes <= maxBytes || chunk.length === 1,
              `${chunk.length} entries, ${bytes} bytes, budget ${maxBytes}`,
            );
          }
          const wanted = sizes.map((size, i) => `k${i}:${size}`);
          const found = chunks.flat().map((entry) => `${entry.key}:${entry.value.length}`);
          checkSame(
            found,
            reverse ? wanted.toReversed() : wanted,
            `all entries with a budget of ${maxBytes}`,
          );
        }
      }
    },
  },
  {
    name: "scan: many entries over many chunks, each once",
    async run({ open, write }) {
      const store = await open();
      const count = 500;
      const names = Array.from({ length: count }, (_, i) => `n/${String(i).padStart(4, "0")}`);
      const perBatch = Math.min(50, store.capabilities.maxBatch.count);
      for (let i = 0; i < count; i += perBatch) {
        await write(
          store,
          names.slice(i, i + perBatch).map((name) => put(name, name)),
        );
      }
      const entries = await scanAll(store, EVERYTHING, { maxBytes: 64 });
      checkSame(
        entries.map((entry) => entry.key),
        names,
        "keys",
      );
    },
  },
  {
    name: "scan: commits meanwhile do no harm to what is there throughout",
    async run({ open, write }) {
      const store = await open();
      const steady = ["c", "f", "i", "m", "p", "s"];
      await write(store, [...steady.map((name) => put(name, "12345678")), put("g", "goes")]);
      const seen: string[] = [];
      let round = 0;
      for await (const chunk of store.scan(EVERYTHING, { maxBytes: 8 })) {
        seen.push(...chunk.map((entry) => entry.key));
        const names = round < 20 ? [`b${round}`, `n${round}`, `z${round}`] : [];
        await write(store, [...names.map((name) => put(name, "new")), remove("g")]);
        if (++round > 200) break;
      }
      check(round <= 200, "the scan follows new entries without an end");
      checkSame(
        seen.filter((name) => steady.includes(name)),
        steady,
        "what was there throughout",
      );
      checkSame(seen, [...new Set(seen)].sort(), "ascending, each once");
    },
  },
  {
    name: "scan: can be left early, and started again",
    async run(bench) {
      const store = await filled(bench);
      for (let round = 0; round < 3; round++) {
        for await (const chunk of store.scan(EVERYTHING, { maxBytes: 1 })) {
          checkSame(chunk[0]?.key, "a", "the first key");
          break;
        }
      }
      await bench.write(store, [put("c", "1")]);
      checkSame(await scanKeys(store), [...NAMES, "c"], "everything");
    },
  },
];
