import { describe, expect, it } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { Entry, Key, StorageAdapter, Store, Write } from "../../src/adapter.ts";
import { equalBytes } from "../../src/adapter.ts";
import type { StoreTraits } from "../../src/testing.ts";
import { storeCases } from "../../src/testing.ts";

/** A suite is worth what it catches: each store here has one fault, and names the case that must see it. */
interface Broken {
  readonly fault: string;
  readonly caughtBy: string;
  readonly traits?: StoreTraits;
  readonly breaks: (sound: Store) => Partial<Store>;
}

const MEMORY: StoreTraits = { durability: "none", watch: true };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function putOf(write: Write): Key | undefined {
  return "put" in write ? write.put : undefined;
}

async function* mapped(
  sound: Store,
  change: (entries: Entry[], chunk: number) => Entry[],
  ...[range, options]: Parameters<Store["scan"]>
): AsyncGenerator<readonly Entry[]> {
  let n = 0;
  for await (const chunk of sound.scan(range, options)) yield change([...chunk], n++);
}

const cases: readonly Broken[] = [
  {
    fault: "ignores the swap's comparison",
    caughtBy: "swap: moves from the value it names and from no other",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: swap === undefined ? writes : [...writes, { put: swap.key, value: swap.to }],
        }),
    }),
  },
  {
    fault: "compares, waits, and then swaps",
    caughtBy: "swap: of racing commits of one opening exactly one wins each round",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        if (swap === undefined) return sound.commit({ writes });
        const [now] = await sound.get([swap.key]);
        if (!equalBytes(now, swap.from)) return "conflict";
        await turn();
        return sound.commit({ writes: [...writes, { put: swap.key, value: swap.to }] });
      },
    }),
  },
  {
    fault: "compares only as many bytes as it was given",
    caughtBy: "swap: moves from the value it names and from no other",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        if (swap?.from === undefined) return sound.commit({ writes, ...(swap && { swap }) });
        const [now] = await sound.get([swap.key]);
        const alike = equalBytes(now?.subarray(0, swap.from.length), swap.from);
        return sound.commit({ writes, swap: { ...swap, from: alike ? now : swap.from } });
      },
    }),
  },
  {
    fault: "writes before it compares",
    caughtBy: "commit: a conflict that is seen before the first write leaves everything as it was",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        await sound.commit({ writes });
        return sound.commit({ writes: [], ...(swap && { swap }) });
      },
    }),
  },
  {
    fault: "takes an empty value for absent",
    caughtBy: "get: an empty value is not absent",
    breaks: (sound) => ({
      get: async (keys) => (await sound.get(keys)).map((value) => (value?.length ? value : undefined)),
    }),
  },
  {
    fault: "takes absent for an empty value when it swaps",
    caughtBy: "swap: empty is a value, and not the same as absent",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        if (swap?.from?.length !== 0) return sound.commit({ writes, ...(swap && { swap }) });
        const [now] = await sound.get([swap.key]);
        return sound.commit({ writes, swap: { ...swap, from: now ?? undefined } });
      },
    }),
  },
  {
    fault: "hands out the bytes it keeps",
    caughtBy: "get: bytes that were read belong to the reader",
    breaks(sound) {
      const kept = new Map<Key, Uint8Array>();
      return {
        async get(keys) {
          const fresh = await sound.get(keys);
          return fresh.map((value, i) => {
            const key = keys[i];
            if (key === undefined || value === undefined) return value;
            const known = kept.get(key);
            if (known === undefined || !known.every((byte) => byte === 0)) kept.set(key, value);
            return kept.get(key);
          });
        },
      };
    },
  },
  {
    fault: "stores the buffer behind a view",
    caughtBy: "get: a value that is a view on a larger buffer is stored alone",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: writes.map((write) =>
            "put" in write ? { put: write.put, value: new Uint8Array(write.value.buffer) } : write,
          ),
          ...(swap && { swap }),
        }),
    }),
  },
  {
    fault: "turns bytes into text and back",
    caughtBy: "get: every byte comes back as it was written",
    breaks: (sound) => ({
      get: async (keys) =>
        (await sound.get(keys)).map(
          (value) => value && new TextEncoder().encode(new TextDecoder().decode(value)),
        ),
    }),
  },
  {
    fault: "normalises keys as paths",
    caughtBy: "get: any key of the alphabet is an ordinary key",
    breaks: (sound) => ({
      get: (keys) => sound.get(keys.map((key) => key.replace(/\/+/g, "/") as Key)),
    }),
  },
  {
    fault: "answers each asked-for key once",
    caughtBy: "get: results come in the order asked for, an asked-for key twice, and nothing for nothing",
    breaks: (sound) => ({ get: (keys) => sound.get([...new Set(keys)]) }),
  },
  {
    fault: "forgets deletions",
    caughtBy: "commit: puts and deletes of one batch, also of what is not there",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({ writes: writes.filter((write) => "put" in write), ...(swap && { swap }) }),
    }),
  },
  {
    fault: "deletes first and puts then",
    caughtBy: "commit: of several writes of one key the last wins",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: [...writes].sort((a, b) => Number("put" in a) - Number("put" in b)),
          ...(swap && { swap }),
        }),
    }),
  },
  {
    fault: "lets the first of several puts win",
    caughtBy: "commit: of several writes of one key the last wins",
    breaks: (sound) => ({
      commit: ({ writes, swap }) =>
        sound.commit({
          writes: writes.filter(
            (write, i) => !("put" in write) || writes.findIndex((other) => putOf(other) === write.put) === i,
          ),
          ...(swap && { swap }),
        }),
    }),
  },
  {
    fault: "writes one by one and calls it a batch",
    caughtBy: "commit: all or nothing: get never sees a part of a batch",
    breaks: (sound) => ({
      async commit({ writes, swap }) {
        for (const write of writes) {
          await sound.commit({ writes: [write] });
          await Promise.resolve();
        }
        return sound.commit({ writes: [], ...(swap && { swap }) });
      },
    }),
  },
  {
    fault: "moves the pointer before the writes (prefix)",
    caughtBy:
      "commit: in order: who sees a later write of a batch sees the earlier ones, and with the swap all of them",
    traits: { ...MEMORY, atomicity: "prefix" },
    breaks: (sound) => ({
      capabilities: { ...sound.capabilities, atomicity: "prefix" },
      async commit({ writes, swap }) {
        if ((await sound.commit({ writes: [], ...(swap && { swap }) })) === "conflict") return "conflict";
        for (let i = 0; i < 5; i++) await turn();
        return sound.commit({ writes });
      },
    }),
  },
  {
    fault: "scans in no order",
    caughtBy: "scan: ascending by bytes, with the values",
    breaks: (sound) => ({ scan: (...args) => mapped(sound, (entries) => entries.reverse(), ...args) }),
  },
  {
    fault: "scans in the order of a locale",
    caughtBy: "scan: ascending by bytes, with the values",
    breaks: (sound) => ({
      scan: (...args) =>
        mapped(sound, (entries) => entries.sort((a, b) => a.key.localeCompare(b.key)), ...args),
    }),
  },
  {
    fault: "includes the upper bound",
    caughtBy: "scan: half-open, the first key included and the last not",
    breaks: (sound) => ({
      scan: (range, options) => sound.scan({ ...range, to: `${range.to}-` as Key }, options),
    }),
  },
  {
    fault: "includes the upper bound only in reverse",
    caughtBy: "scan: in reverse, from the last key before the upper bound",
    breaks: (sound) => ({
      scan: (range, options) =>
        sound.scan(range.reverse ? { ...range, to: `${range.to}-` as Key } : range, options),
    }),
  },
  {
    fault: "leaves out the lower bound",
    caughtBy: "scan: half-open, the first key included and the last not",
    breaks: (sound) => ({
      scan: (range, options) => sound.scan({ ...range, from: `${range.from}-` as Key }, options),
    }),
  },
  {
    fault: "ignores reverse",
    caughtBy: "scan: in reverse, from the last key before the upper bound",
    breaks: (sound) => ({ scan: (range, options) => sound.scan({ ...range, reverse: false }, options) }),
  },
  {
    fault: "limits first and reverses then",
    caughtBy: "scan: at most as many as the limit, in either direction",
    breaks: (sound) => ({
      async *scan(range, options) {
        const found: Entry[] = [];
        for await (const chunk of sound.scan({ ...range, reverse: false }, options)) found.push(...chunk);
        if (range.reverse) found.reverse();
        for (const entry of found) yield [entry];
      },
    }),
  },
  {
    fault: "ignores a limit of nothing",
    caughtBy: "scan: at most as many as the limit, in either direction",
    breaks: (sound) => ({
      scan: ({ limit, ...range }, options) => sound.scan(limit ? { ...range, limit } : range, options),
    }),
  },
  {
    fault: "ignores the byte budget",
    caughtBy: "scan: chunks keep the byte budget unless one entry alone is larger, and none is empty",
    breaks: (sound) => ({ scan: (range, options) => sound.scan(range, { ...options, maxBytes: 1e9 }) }),
  },
  {
    fault: "pages by position, so that insertions shift what is read next",
    caughtBy: "scan: commits meanwhile do no harm to what is there throughout",
    breaks: (sound) => ({
      async *scan(range, options) {
        for (let skip = 0; ; skip++) {
          const found: Entry[] = [];
          for await (const chunk of sound.scan(range, options)) found.push(...chunk);
          const entry = found[skip];
          if (entry === undefined) return;
          yield [entry];
        }
      },
    }),
  },
  {
    fault: "gives values with keysOnly",
    caughtBy: "scan: keysOnly leaves the values out",
    breaks: (sound) => ({ scan: (range) => sound.scan(range) }),
  },
  {
    fault: "declares a better swap than it has",
    caughtBy: "capabilities: are what the fixture declares",
    breaks: (sound) => ({ capabilities: { ...sound.capabilities, swap: "local" } }),
  },
  {
    fault: "has capabilities that make no sense",
    caughtBy: "capabilities: every flag has a word or a number that makes sense",
    breaks: (sound) => ({
      capabilities: { ...sound.capabilities, stalenessMs: 5, maxValueBytes: Number.NaN },
    }),
  },
  {
    fault: "lets a second writer in where it says locked",
    caughtBy: "life: a second writer is refused as locked until the first has closed",
    traits: { ...MEMORY, secondWriter: "locked" },
    breaks: () => ({}),
  },
  {
    fault: "tells listeners that were stopped",
    caughtBy: "watch: tells of commits made through other stores, until it is stopped",
    breaks: (sound) => ({
      watch(onChange) {
        sound.watch?.(onChange);
        return () => undefined;
      },
    }),
  },
];

function brokenAdapter({ breaks }: Broken): StorageAdapter {
  const adapter = memory();
  return {
    ...adapter,
    async open(opening) {
      const sound = await adapter.open(opening);
      return { ...sound, ...breaks(sound) };
    },
  };
}

async function failuresOf(adapter: () => StorageAdapter, traits: StoreTraits = MEMORY): Promise<string[]> {
  const failures: string[] = [];
  const open = async () => ({ adapter: adapter(), dispose: async () => undefined });
  for (const { name, skipped, run } of storeCases({ open, traits, seed: 3 })) {
    if (skipped !== undefined) continue;
    await run().catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
  }
  return failures;
}

describe("the conformance suite catches a store that", () => {
  for (const broken of cases) {
    it(broken.fault, async () => {
      const failures = await failuresOf(() => brokenAdapter(broken), broken.traits);
      expect(failures.filter((failure) => failure.startsWith(`${broken.caughtBy}:`))).toHaveLength(1);
    });
  }

  it("forgets everything when it is closed", async () => {
    async function open() {
      const { watch: _, ...store } = await memory().open({ readOnly: false });
      return store;
    }
    const failures = await failuresOf(() => ({ name: "forgetful", open }), { durability: "none" });
    expect(failures.join("\n")).toContain(
      "life: what was committed is there after closing and opening again",
    );
  });

  it("writes when it is opened, also read-only", async () => {
    const failures = await failuresOf(() => {
      const adapter = memory();
      let openings = 0;
      return {
        ...adapter,
        async open() {
          const mark = new Uint8Array([openings++]);
          const store = await adapter.open({ readOnly: false });
          await store.commit({ writes: [{ put: "opened" as Key, value: mark }] });
          return store;
        },
      };
    });
    expect(failures.join("\n")).toContain("life: opening, reading and closing change no data");
    expect(failures.join("\n")).toContain(
      "life: read-only, a store that was never written is empty and stays so",
    );
  });

  it("is sound: nothing is caught", async () => {
    expect(await failuresOf(memory)).toEqual([]);
  });
});

describe("skipping a case", () => {
  const open = async () => ({ adapter: memory(), dispose: async () => undefined });
  const [first] = storeCases({ open });

  it("shows the written reason", () => {
    const name = first?.name ?? "";
    const cases = storeCases({ open, traits: { skip: { [name]: "the backend cannot" } } });
    expect(cases.find((one) => one.name === name)?.skipped).toBe("the backend cannot");
  });

  it("needs a reason, and a case of that name", () => {
    expect(() => storeCases({ open, traits: { skip: { [first?.name ?? ""]: " " } } })).toThrow(TypeError);
    expect(() => storeCases({ open, traits: { skip: { "no such case": "why not" } } })).toThrow(TypeError);
  });
});
