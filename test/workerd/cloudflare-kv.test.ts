import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { cloudflareKv, type KvNamespaceLike } from "../../adapters/cloudflare-kv/index.ts";
import type { Key } from "../../src/adapter.ts";
import { agent, StateManager } from "../../src/index.ts";
import { describeStore } from "../../src/testing.ts";

const MEBIBYTE = 1024 ** 2;
const namespace = env.NAMESPACE;
const key = (text: string) => text as Key;
/** A part of the namespace that nobody has written to, so that no first commit need wait. */
const fresh = () => ({ prefix: crypto.randomUUID(), settleMs: 0 });
const require = { singleWriter: true } as const;

/** The same namespace, with the calls that reach it listed. */
function observed(): { namespace: KvNamespaceLike; calls: [name: string, argument: unknown][] } {
  const calls: [string, unknown][] = [];
  return {
    calls,
    namespace: new Proxy(namespace, {
      get(target, name: keyof KVNamespace) {
        return (...args: unknown[]) => {
          calls.push([name, args[0]]);
          return Reflect.apply(target[name], target, args);
        };
      },
    }),
  };
}

async function keysOf(prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const page: KVNamespaceListResult<unknown> = await namespace.list({ prefix, cursor });
    names.push(...page.keys.map(({ name }) => name));
    if (page.list_complete) return names;
    cursor = page.cursor;
  }
}

describeStore(
  "Cloudflare KV",
  {
    traits: {
      atomicity: "prefix",
      swap: "local",
      consistency: "eventual",
      durability: "power",
      maxValueBytes: 8 * MEBIBYTE,
      maxBatch: { count: 500, bytes: 16 * MEBIBYTE },
      minPutIntervalMs: 1000,
      stalenessMs: 60_000,
    },
    open: async () => {
      const options = fresh();
      return {
        adapter: cloudflareKv(namespace, options),
        another: () => cloudflareKv(namespace, options),
        dispose: async () => {
          for (const name of await keysOf(`${options.prefix}/`)) await namespace.delete(name);
        },
      };
    },
  },
  { describe, it },
);

describe("the platform's operations", () => {
  it("reads many keys in operations of 100, and less where their values are too much for one", async () => {
    const watched = observed();
    const store = await cloudflareKv(watched.namespace, fresh()).open({ readOnly: false });
    const keys = Array.from({ length: 250 }, (_, n) => key(`k${n}`));
    await store.commit({ writes: keys.map((put, n) => ({ put, value: new Uint8Array([n]) })) });
    watched.calls.length = 0;
    expect(await store.get(keys)).toEqual(keys.map((_, n) => new Uint8Array([n])));
    expect(watched.calls.map(([name, asked]) => [name, Array.isArray(asked) && asked.length])).toEqual([
      ["get", 100],
      ["get", 100],
      ["get", 50],
    ]);
    const large = keys.slice(0, 4);
    for (const [n, put] of large.entries()) {
      await store.commit({ writes: [{ put, value: new Uint8Array(7 * MEBIBYTE).fill(n) }] });
    }
    const found = await store.get(large);
    expect(found.map((value) => [value?.length, value?.at(-1)])).toEqual(
      large.map((_, n) => [7 * MEBIBYTE, n]),
    );
  });

  it("lists by pages to the end", async () => {
    const options = fresh();
    const names = Array.from({ length: 1100 }, (_, n) => `k${String(n).padStart(4, "0")}`);
    for (let at = 0; at < names.length; at += 100) {
      await Promise.all(
        names.slice(at, at + 100).map((name) => namespace.put(`${options.prefix}/${name}`, "AA==")),
      );
    }
    const store = await cloudflareKv(namespace, options).open({ readOnly: true });
    const found: string[] = [];
    for await (const chunk of store.scan({ from: key("k"), to: key("l") }, { keysOnly: true })) {
      found.push(...chunk.map((entry) => entry.key));
    }
    expect(found).toEqual(names);
  });

  it("puts the pointer last, and reads no other name before it is written", async () => {
    const watched = observed();
    const state = await StateManager.open({ storage: cloudflareKv(watched.namespace, fresh()), require });
    const seen = new Set(watched.calls.filter(([name]) => name === "get").flatMap(([, asked]) => asked));
    watched.calls.length = 0;
    await state.set("a", "x".repeat(20_000));
    const puts = watched.calls.filter(([name]) => name === "put").map(([, name]) => String(name));
    expect(puts.at(-1)).toMatch(/\/head$/);
    expect([...new Set(puts.filter((name) => seen.has(name)))]).toEqual([puts.at(-1)]);
    await state.close();
  });

  it("leaves the namespace's other keys alone", async () => {
    const { prefix } = fresh();
    const others = [`${prefix}`, `${prefix}2/head`, `${prefix}-/j`, `x${prefix}/head`];
    for (const name of others) await namespace.put(name, "mine");
    const state = await StateManager.open({
      storage: cloudflareKv(namespace, { prefix, settleMs: 0 }),
      require,
    });
    await state.set("a", 1);
    await state.close();
    for (const name of others) expect(await namespace.get(name)).toBe("mine");
    const own = (await keysOf(prefix)).filter((name) => !others.includes(name));
    expect(own.length).toBeGreaterThan(1);
    expect(own.filter((name) => !name.startsWith(`${prefix}/`) || name.length > 512)).toEqual([]);
  });
});

it("keeps what was written for a reader who opens later; who only reads writes nothing", async () => {
  const options = fresh();
  const writer = await StateManager.open({ storage: cloudflareKv(namespace, options), require });
  const worker = await writer.agent("worker");
  await Promise.all(Array.from({ length: 300 }, (_, n) => worker.set(`k${n}`, n)));
  expect(await writer.set("large", "é".repeat(5_000_000))).toMatchObject({
    status: "committed",
    durability: "power",
  });
  await writer.close();
  const before = await keysOf(`${options.prefix}/`);
  const reader = await StateManager.open({
    storage: cloudflareKv(namespace, options),
    require: { readOnly: true },
  });
  expect(await reader.read(agent("worker"), "k299")).toBe(299);
  expect(reader.get("large")).toBe("é".repeat(5_000_000));
  await expect(reader.set("a", 1)).rejects.toMatchObject({ code: "read_only" });
  await reader.close();
  expect(await keysOf(`${options.prefix}/`)).toEqual(before);
});

it("gathers writes to one put of the head a second", async () => {
  const watched = observed();
  const state = await StateManager.open({ storage: cloudflareKv(watched.namespace, fresh()), require });
  await state.set("a", 0);
  watched.calls.length = 0;
  const results = await Promise.all(Array.from({ length: 1000 }, (_, n) => state.set(`k${n}`, n)));
  expect(results.every(({ status }) => status === "committed")).toBe(true);
  expect(watched.calls.filter(([name]) => name === "put").length).toBeLessThanOrEqual(6);
  await state.close();
});

it("says what it is: eventual, and not for two writers", async () => {
  const storage = cloudflareKv(namespace, fresh());
  await expect(StateManager.open({ storage })).rejects.toMatchObject({ code: "unsupported" });
  for (const wish of [{ consistency: "strong" }, { swap: "shared" }, { atomicity: "batch" }] as const) {
    const opening = StateManager.open({ storage, require: { ...require, ...wish } });
    await expect(opening).rejects.toThrow(/eventual|local|prefix/);
  }
});

it("lets one of the commits win that this program begins at the same time, also by two openings", async () => {
  const storage = cloudflareKv(namespace, fresh());
  const stores = [await storage.open({ readOnly: false }), await storage.open({ readOnly: false })];
  let from: Uint8Array | undefined;
  for (let round = 1; round <= 5; round++) {
    const outcomes = await Promise.all(
      [...stores, ...stores].map((store, n) =>
        store.commit({
          writes: [{ put: key(`j${round}.${n}`), value: new Uint8Array([n]) }],
          swap: { key: key("head"), from, to: new Uint8Array([round, n]) },
        }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "committed")).toHaveLength(1);
    [from] = (await stores[0]?.get([key("head")])) ?? [];
    expect(from).toEqual(new Uint8Array([round, outcomes.indexOf("committed")]));
  }
});

it("shows its own pointer where KV still shows an older one", async () => {
  const held = new Map<string, string>();
  const old: KvNamespaceLike = new Proxy(namespace, {
    get(target, name: keyof KVNamespace) {
      if (name !== "get") return (...args: unknown[]) => Reflect.apply(target[name], target, args);
      // As an edge cache does: what was read once is shown again.
      return async (asked: string | string[]) => {
        const one = async (wanted: string): Promise<string | null> => {
          const value = held.get(wanted) ?? (await target.get(wanted, "text"));
          if (value !== null) held.set(wanted, value);
          return value;
        };
        if (typeof asked === "string") return one(asked);
        return new Map(await Promise.all(asked.map(async (wanted) => [wanted, await one(wanted)] as const)));
      };
    },
  });
  const options = fresh();
  const first = await StateManager.open({ storage: cloudflareKv(namespace, options), require });
  await first.set("n", 0);
  await first.close();
  const state = await StateManager.open({ storage: cloudflareKv(old, options), require });
  for (let n = 1; n <= 3; n++) expect(await state.set("n", n)).toMatchObject({ status: "committed" });
  await state.close();
  const reader = await StateManager.open({
    storage: cloudflareKv(namespace, options),
    require: { readOnly: true },
  });
  expect(reader.get("n")).toBe(3);
  await reader.close();
});

describe.each([
  ["before it landed", false],
  ["after it landed", true],
])("a put of the pointer that fails %s", (_, lands) => {
  it("is made again, though KV still shows an older pointer", async () => {
    const held = new Map<string, string>();
    let isFailing = false;
    const one = async (wanted: string) => held.get(wanted) ?? (await namespace.get(wanted, "text"));
    const moody: KvNamespaceLike = {
      list: (options) => namespace.list(options),
      delete: (name) => namespace.delete(name),
      get: (async (asked: string | string[]) => {
        if (typeof asked === "string") return one(asked);
        return new Map(await Promise.all(asked.map(async (name) => [name, await one(name)] as const)));
      }) as KvNamespaceLike["get"], // one function for both forms
      async put(name, value) {
        const fails = isFailing && name.endsWith("/head");
        if (!fails || lands) await namespace.put(name, value);
        if (!fails) return;
        isFailing = false;
        throw new TypeError("KV PUT failed: 429 Too Many Requests");
      },
    };
    const options = fresh();
    const state = await StateManager.open({ storage: cloudflareKv(moody, options), require });
    await state.set("n", 0);
    for (const name of await keysOf(`${options.prefix}/`)) {
      const value = await namespace.get(name, "text");
      if (value !== null) held.set(name, value);
    }
    await state.set("n", 1);
    isFailing = true;
    for (let n = 2; n <= 3; n++) expect(await state.set("n", n)).toMatchObject({ status: "committed" });
    expect(isFailing).toBe(false);
    await state.close();
    const reader = await StateManager.open({
      storage: cloudflareKv(namespace, options),
      require: { readOnly: true },
    });
    expect(reader.get("n")).toBe(3);
    await reader.close();
  });
});

it("takes what something else wrote for damage, and refuses what is no namespace, option or prefix", async () => {
  const options = fresh();
  await namespace.put(`${options.prefix}/a`, "{}");
  const store = await cloudflareKv(namespace, options).open({ readOnly: true });
  await expect(store.get([key("a")])).rejects.toMatchObject({ code: "corrupt" });
  await expect(store.commit({ writes: [] })).rejects.toMatchObject({ code: "read_only" });
  // @ts-expect-error not a namespace
  expect(() => cloudflareKv({})).toThrow(TypeError);
  // @ts-expect-error no such option
  expect(() => cloudflareKv(namespace, { ttl: 60 })).toThrow(TypeError);
  for (const prefix of ["", "A", "a/b", "..", "a b", "a".repeat(65)]) {
    expect(() => cloudflareKv(namespace, { prefix })).toThrow(TypeError);
  }
  for (const settleMs of [-1, 0.5]) expect(() => cloudflareKv(namespace, { settleMs })).toThrow(TypeError);
  for (const stalenessMs of [0, 59_999, Number.NaN]) {
    expect(() => cloudflareKv(namespace, { stalenessMs })).toThrow(TypeError);
  }
});
