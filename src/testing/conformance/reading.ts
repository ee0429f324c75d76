import { EMPTY_BYTES, utf8 } from "../../ground/bytes.ts";
import { seededRandom } from "../random.ts";
import { type CaseDefinition, key, put, remove } from "./bench.ts";
import { check, checkBytes, checkSame, rejection, show } from "./check.ts";

/** A limit above this is not tried out: it would say more about the machine than about the store. */
const LARGEST_TRIED = 32 * 1024 * 1024;

export const reading: readonly CaseDefinition[] = [
  {
    name: "get: a key that was never written is absent",
    async run({ open, read }) {
      checkBytes(await read(await open(), key("a")), undefined, "a");
    },
  },
  {
    name: "get: an empty value is not absent",
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [put("a", EMPTY_BYTES)]);
      checkBytes(await read(store, key("a")), EMPTY_BYTES, "a");
      await write(store, [remove("a")]);
      checkBytes(await read(store, key("a")), undefined, "a, deleted");
    },
  },
  {
    name: "get: every byte comes back as it was written",
    async run({ open, write, read }) {
      const store = await open();
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      await write(store, [put("all", all), put("reversed", all.toReversed())]);
      checkBytes(await read(store, key("all")), all, "all 256 bytes");
      checkBytes(await read(store, key("reversed")), all.toReversed(), "all 256 bytes reversed");
    },
  },
  {
    name: "get: results come in the order asked for, an asked-for key twice, and nothing for nothing",
    async run({ open, write }) {
      const store = await open();
      await write(store, [put("a", "1"), put("b", "2")]);
      const values = await store.get([key("b"), key("none"), key("a"), key("b")]);
      checkSame([...values], [utf8("2"), undefined, utf8("1"), utf8("2")], "b, none, a, b");
      checkSame([...(await store.get([]))], [], "no keys");
    },
  },
  {
    name: "get: any key of the alphabet is an ordinary key",
    async run({ open, write, read }) {
      const store = await open();
      const names = [
        ..."-.0/_a~",
        ...["..", "../up", "a//b", "/a/", "~~", "con", "nul.txt", "__proto__", "constructor"],
        ...["a".repeat(200), `${"b/".repeat(100)}c`],
      ];
      for (const name of names) await write(store, [put(name, `value of ${name}`)]);
      for (const name of names) checkBytes(await read(store, key(name)), utf8(`value of ${name}`), name);
    },
  },
  {
    name: "get: keys that begin alike are different keys",
    async run({ open, write }) {
      const store = await open();
      const names = ["a", "a/", "a/b", "ab", "a/b/c", "a."];
      await write(
        store,
        names.slice(0, 3).map((name) => put(name, name)),
      );
      await write(
        store,
        names.slice(3).map((name) => put(name, name)),
      );
      await write(store, [remove("a/")]);
      const values = await store.get(names.map(key));
      checkSame(
        [...values],
        names.map((name) => (name === "a/" ? undefined : utf8(name))),
        "all but a/",
      );
    },
  },
  {
    name: "get: bytes that were read belong to the reader",
    async run({ open, write, read }) {
      const store = await open();
      await write(store, [put("a", "first")]);
      const mine = await read(store, key("a"));
      mine?.fill(0);
      const again = await read(store, key("a"));
      checkBytes(again, utf8("first"), "a, after a reader overwrote what it had read");
      await write(store, [put("a", "other")]);
      checkBytes(again, utf8("first"), "what was read, after a was written again");
      for await (const chunk of store.scan({ from: key("a"), to: key("b") })) {
        for (const entry of chunk) entry.value.fill(0);
      }
      checkBytes(
        await read(store, key("a")),
        utf8("other"),
        "a, after a reader overwrote what it had scanned",
      );
    },
  },
  {
    name: "get: a value that is a view on a larger buffer is stored alone",
    async run({ open, write, read }) {
      const store = await open();
      const buffer = utf8("before-value-after");
      await write(store, [put("a", buffer.subarray(7, 12))]);
      checkBytes(await read(store, key("a")), utf8("value"), "a");
    },
  },
  {
    name: "get: a value of 4 MiB, or as large as the store takes, comes back",
    async run({ open, write, read }) {
      const store = await open();
      const { maxValueBytes, maxBatch } = store.capabilities;
      const value = seededRandom(4).bytes(Math.min(4 * 1024 * 1024, maxValueBytes, maxBatch.bytes - 16));
      await write(
        store,
        [put("large", value), put("small", "1")].slice(0, value.length < maxBatch.bytes / 2 ? 2 : 1),
      );
      checkBytes(await read(store, key("large")), value, "large");
    },
  },
  {
    name: "get: a value at the limit is kept, one byte more is refused and leaves what was there",
    skip: ({ maxValueBytes, maxBatch }) =>
      maxValueBytes <= Math.min(LARGEST_TRIED, maxBatch.bytes - 16)
        ? undefined
        : `values have no limit of their own below ${LARGEST_TRIED} bytes`,
    async run({ open, write, read, settle }) {
      const store = await open();
      const { maxValueBytes } = store.capabilities;
      const value = new Uint8Array(maxValueBytes).fill(7);
      await write(store, [put("a", value)]);
      checkBytes(await read(store, key("a")), value, "a value at the limit");
      const error = await rejection(
        store.commit({ writes: [put("a", new Uint8Array(maxValueBytes + 1))] }),
        "too much",
      );
      check(error instanceof TypeError, `a value above the limit: expected a TypeError, got ${show(error)}`);
      await settle();
      checkBytes(await read(store, key("a")), value, "a, after a larger value was refused");
    },
  },
  {
    name: "get: a commit is visible at once, to other openings too",
    skip: ({ consistency }) =>
      consistency === "strong" ? undefined : "reads may be old where consistency is eventual",
    async run({ traits, open, openAnother, read }) {
      const store = await open();
      const other = traits.secondWriter === "opens" ? await openAnother() : store;
      for (let round = 0; round < 20; round++) {
        await store.commit({ writes: [put("a", `${round}`)] });
        checkBytes(await read(other, key("a")), utf8(`${round}`), "a, just committed");
        await store.commit({ writes: [remove("a")] });
        checkBytes(await read(other, key("a")), undefined, "a, just deleted");
        if (traits.minPutIntervalMs > 0) return;
      }
    },
  },
  {
    name: "get: an old read shows what was once committed, and after settling the newest",
    skip: ({ consistency }) =>
      consistency === "eventual" ? undefined : "consistency is strong, so no read is old",
    async run({ open, write, read, settle }) {
      const store = await open();
      const seen = new Set<string>(["undefined"]);
      for (let round = 0; round < 10; round++) {
        const value = utf8(`round ${round}`);
        seen.add(show(value));
        await store.commit({ writes: [put(`k${round}`, value)] });
        const got = await read(store, key(`k${round}`));
        check(seen.has(show(got)), `k${round}: was never ${show(got)}`);
      }
      await settle();
      await write(store, [put("last", "1")]);
      for (let round = 0; round < 10; round++) {
        checkBytes(await read(store, key(`k${round}`)), utf8(`round ${round}`), `k${round}, settled`);
      }
    },
  },
];
