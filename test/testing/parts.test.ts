import { describe, expect, it } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { Capabilities, Entry, Key, Store } from "../../src/adapter.ts";
import { guard } from "../../src/store/guard.ts";
import { type PartedStore, withParts } from "../../src/store/parts.ts";
import { type DegradedBackend, degraded, isCrash, profile, seededRandom } from "../../src/testing.ts";

const key = (text: string) => text as Key;
const random = seededRandom(11);
const small = random.bytes(20);
const large = random.bytes(5000);
const put = (name: string, value: Uint8Array) => ({ put: key(name), value });
const EVERYTHING = { from: key(""), to: key("~") };

const LIMITS = { maxValueBytes: 512, maxBatch: { count: 8, bytes: 4096 } };

interface Setting {
  readonly backend: DegradedBackend;
  readonly parted: PartedStore;
  readonly store: Store;
}

async function setting(limits: Partial<Capabilities> = {}): Promise<Setting> {
  const backend = degraded({ capabilities: profile("limited", { ...LIMITS, ...limits }).capabilities });
  return { backend, ...(await opened(backend)) };
}

async function opened(backend: DegradedBackend, writer = "w"): Promise<Omit<Setting, "backend">> {
  let minted = 0;
  const inner = await guard(backend.adapter(), { readOnly: false });
  const parted = withParts(inner, () => `${writer}${minted++}`);
  return { parted, store: parted.store };
}

async function scanned(store: Store, more = {}, options = {}): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const chunk of store.scan({ ...EVERYTHING, ...more }, options)) entries.push(...chunk);
  return entries;
}

async function orphansOf(parted: PartedStore): Promise<Key[]> {
  const found: Key[] = [];
  for await (const orphan of parted.orphans()) found.push(orphan);
  return found;
}

function partsIn(backend: DegradedBackend): string[] {
  return [...backend.contents().keys()].filter((name) => name.startsWith("p/")).sort();
}

describe("withParts", () => {
  it("gives back the very store where nothing is limited", async () => {
    const store = await memory().open({ readOnly: false });
    expect(withParts(store, () => "n").store).toBe(store);
  });

  it("adds no byte where only batches are limited", async () => {
    const { backend, store } = await setting({
      maxValueBytes: 2 ** 40,
      maxBatch: { count: 8, bytes: 2 ** 40 },
    });
    const writes = Array.from({ length: 30 }, (_, i) => put(`k${i}`, small));
    expect(await store.commit({ writes })).toBe("committed");
    expect(backend.contents().get(key("k29"))).toEqual(small);
    expect(backend.contents().size).toBe(30);
  });

  it("brings back values of every size around the limits", async () => {
    const { store } = await setting();
    for (const size of [0, 1, 510, 511, 512, 513, 1023, 1024, 1025, 5000, 40_000]) {
      const value = random.bytes(size);
      expect(await store.commit({ writes: [put(`v/${size}`, value), put("other", small)] })).toBe(
        "committed",
      );
      expect(await store.get([key("other"), key(`v/${size}`), key("none")])).toEqual([
        small,
        value,
        undefined,
      ]);
    }
  });

  it("scans split values in their place, in both directions, and hides the parts", async () => {
    const { store } = await setting();
    await store.commit({ writes: [put("a", small), put("o", large), put("q", large), put("z", small)] });
    const entries = await scanned(store);
    expect(entries.map((entry) => entry.key)).toEqual(["a", "o", "q", "z"]);
    expect(entries.map((entry) => entry.value)).toEqual([small, large, large, small]);
    const names = async (more: object, options = {}) =>
      (await scanned(store, more, options)).map((entry) => entry.key);
    expect(await names({ reverse: true })).toEqual(["z", "q", "o", "a"]);
    expect(await names({ limit: 3 })).toEqual(["a", "o", "q"]);
    expect(await names({ limit: 3, reverse: true }, { keysOnly: true })).toEqual(["z", "q", "o"]);
    expect(await names({ from: key("p"), to: key("p~") })).toEqual([]);
    expect(await names({ from: key("p/x"), to: key("r") })).toEqual(["q"]);
  });

  it("deletes parts with their owner, also those of another writer", async () => {
    const { backend, store } = await setting();
    await store.commit({ writes: [put("a", large), put("b", large)] });
    await store.commit({ writes: [{ delete: key("a") }] });
    expect(partsIn(backend).every((name) => name.endsWith("/b"))).toBe(true);
    const other = await opened(backend, "x");
    await other.store.commit({ writes: [{ delete: key("b") }] });
    expect(backend.contents().size).toBe(0);
  });

  it("lists parts that nobody names, and no others", async () => {
    const { backend, parted, store } = await setting();
    await store.commit({ writes: [put("a", large), put("a/b", large)] });
    expect(await orphansOf(parted)).toEqual([]);
    const kept = partsIn(backend);
    await store.commit({ writes: [put("c", large)] });
    const lost = partsIn(backend).filter((name) => !kept.includes(name));
    await store.commit({ writes: [put("c", small)] });
    expect(await orphansOf(parted)).toEqual(lost);
  });

  it("leaves at worst orphans when it dies at any effect of a large write and delete", async () => {
    const batch = { writes: [put("c", large), { delete: key("a") }] };
    for (const atomicity of ["prefix", "batch"] as const) {
      for (const kind of ["crash-before", "crash-after"] as const) {
        let crashed = true;
        for (let at = 1; crashed; at++) {
          const { backend, store } = await setting({ atomicity });
          await store.commit({ writes: [put("a", large), put("b", small)] });
          backend.plan({ at: backend.effects + at, kind });
          crashed = await store.commit(batch).then(
            () => false,
            (error: unknown) => isCrash(error),
          );
          if (!crashed) expect(at).toBeGreaterThan(3);
          else await checkLeft(backend);
        }
      }
    }

    async function checkLeft(backend: DegradedBackend): Promise<void> {
      const { store, parted } = await opened(backend, "x");
      const names = ["a", "b", "c"].map(key);
      const before = await store.get(names);
      expect([undefined, large]).toContainEqual(before[0]);
      expect(before[1]).toEqual(small);
      expect([undefined, large]).toContainEqual(before[2]);
      const orphans = await orphansOf(parted);
      await store.commit({ writes: orphans.map((orphan) => ({ delete: orphan })) });
      expect(await store.get(names)).toEqual(before);
      expect(await orphansOf(parted)).toEqual([]);
    }
  });

  it("divides a large commit: all of it before the swap, and a lost swap deletes nothing", async () => {
    const { backend, store } = await setting();
    const swap = (from: string | undefined, to: string) => ({
      key: key("head"),
      from: from === undefined ? undefined : new TextEncoder().encode(from),
      to: new TextEncoder().encode(to),
    });
    const writes = Array.from({ length: 20 }, (_, i) => put(`k${i}`, small));
    expect(await store.commit({ writes, swap: swap(undefined, "1") })).toBe("committed");
    const before = backend.contents();
    const deletes = writes.map((write) => ({ delete: write.put }));
    expect(await store.commit({ writes: deletes, swap: swap("9", "2") })).toBe("conflict");
    expect(backend.contents()).toEqual(before);

    const begun = backend.effects;
    const more = writes.map((write) => put(`${write.put}/more`, small));
    expect(await store.commit({ writes: more, swap: swap("9", "2") })).toBe("conflict");
    expect(backend.effects, "writes of a commit that had lost before it began").toBe(begun);

    // Another writer moves the pointer after the early comparison.
    const frozen = backend.freeze(backend.effects + 1);
    const losing = store.commit({ writes: [put("late", large), ...deletes], swap: swap("1", "2") });
    await frozen.reached;
    expect(await (await opened(backend, "x")).store.commit({ writes: [], swap: swap("1", "3") })).toBe(
      "committed",
    );
    frozen.thaw();
    expect(await losing).toBe("conflict");
    expect((await store.get(writes.map((write) => write.put))).every((value) => value !== undefined)).toBe(
      true,
    );

    expect(await store.commit({ writes: deletes, swap: swap("3", "4") })).toBe("committed");
    expect((await scanned(store)).map((entry) => entry.key)).toEqual(["head"]);
  });

  it("refuses to split a swapped value, and keys among the parts", async () => {
    const { store } = await setting();
    const swap = { key: key("head"), from: undefined, to: large };
    await expect(store.commit({ writes: [], swap })).rejects.toThrow(TypeError);
    await expect(store.commit({ writes: [put("p/x", small)] })).rejects.toThrow(TypeError);
    await expect(store.get([key("p/x")])).rejects.toThrow(TypeError);
    expect(() =>
      withParts(
        { ...store, capabilities: profile("x", { maxBatch: { count: 9, bytes: 99 } }).capabilities },
        () => "n",
      ),
    ).toThrow(TypeError);
  });

  it("reports damage as corrupt, and never gives a wrong or an absent value for it", async () => {
    const { backend, store } = await setting();
    await store.commit({ writes: [put("a", large), put("b", small)] });
    const sound = backend.contents();
    for (const [name, value] of sound) {
      const flipped = new Uint8Array(value);
      const at = random.below(value.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      // A byte of an inline value is the engine's to check; its marker is ours.
      if (name === "b") flipped.set([9, ...small]);
      for (const damage of [flipped, value.subarray(1), undefined]) {
        if (name === "b" && damage !== flipped) continue;
        backend.poke(name, damage);
        const reading = store.get([name.startsWith("p/") ? key("a") : name]);
        if (damage === undefined && name === "a") expect(await reading).toEqual([undefined]);
        else await expect(reading).rejects.toMatchObject({ code: "corrupt" });
      }
      backend.poke(name, value);
    }
    expect(await store.get([key("a"), key("b")])).toEqual([large, small]);
  });

  it("takes missing parts for stale where consistency is eventual", async () => {
    const { backend, store } = await setting({
      consistency: "eventual",
      stalenessMs: 1000,
      atomicity: "prefix",
    });
    await store.commit({ writes: [put("a", large)] });
    backend.settle();
    backend.poke(key(partsIn(backend)[0] ?? ""), undefined);
    await expect(store.get([key("a")])).rejects.toMatchObject({ code: "stale", retryable: true });
  });

  it("reads whole values while another writer replaces and deletes them", async () => {
    for (const atomicity of ["prefix", "batch"] as const) {
      const { backend, store } = await setting({ atomicity });
      const { store: reader } = await opened(backend, "r");
      const values = [1, 2, 3].map((n) => new Uint8Array(3000).fill(n));
      await store.commit({ writes: values.slice(0, 1).map((value) => put("a", value)) });
      const allowed = [undefined, ...values];
      let writing = true;
      async function write(): Promise<void> {
        for (const value of [...values, ...values]) {
          await store.commit({ writes: [{ delete: key("a") }] });
          await store.commit({ writes: [put("a", value)] });
        }
      }
      async function read(): Promise<void> {
        for (let round = 0; writing && round < 10_000; round++) {
          const [a] = await reader.get([key("a")]);
          expect(allowed).toContainEqual(a);
          for (const entry of await scanned(reader)) expect(values).toContainEqual(entry.value);
        }
      }
      await Promise.all([write().finally(() => (writing = false)), read()]);
    }
  });
});
