import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { globalScope, OpaqueValue, type ValueType } from "../../src/index.ts";
import { collect, open } from "./world.ts";

/** Every kind of value that is kept, made anew at each call. */
const KINDS: Record<string, () => unknown> = {
  null: () => null,
  undefined: () => undefined,
  "minus zero": () => -0,
  NaN: () => Number.NaN,
  infinities: () => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  bigint: () => 2n ** 70n,
  text: () => "é\u0000\u2028 \\ud800 \ud83d\ude00",
  date: () => new Date(8_640_000_000_000_000),
  regexp: () => /a+/giu,
  url: () => new URL("https://example.org/?q=1#x"),
  error: () => new RangeError("out"),
  map: () =>
    new Map<unknown, unknown>([
      [{ a: 1 }, new Date(1)],
      [1, undefined],
    ]),
  set: () => new Set<unknown>([1n, [2]]),
  bytes: () => new Uint8Array([0, 1, 255]),
  "64-bit ints": () => new BigInt64Array([-1n, 2n]),
  floats: () => new Float32Array([1.5, Number.NaN]),
  buffer: () => new Uint8Array([1, 2, 3]).buffer,
  view: () => new DataView(new Uint8Array([9, 8]).buffer),
  "empty kinds": () => [{}, [], new Map(), new Set(), new Uint8Array()],
  "keys of the prototype": () => JSON.parse('{"__proto__":{"x":1},"constructor":2,"prototype":3}'),
};

describe("G4: get returns what a reload returns", () => {
  test.each(Object.keys(KINDS))(
    "%s comes back equal, alone and inside Map, Set, array and object",
    async (kind) => {
      const make = KINDS[kind] as () => unknown;
      const storage = memory();
      const state = await open({ storage });
      const shapes: Record<string, () => unknown> = {
        alone: make,
        array: () => [1, make(), [make()]],
        object: () => ({ a: { b: make() } }),
        map: () => new Map([["k", make()]]),
        set: () => new Set([make()]),
      };
      for (const [name, shape] of Object.entries(shapes)) await state.set(name, shape());
      const check = (from: typeof state) => {
        for (const [name, shape] of Object.entries(shapes)) expect(from.get(name), name).toEqual(shape());
      };
      check(state);
      const plain = await open({ storage });
      check(plain);
      await state.checkpoint();
      await Promise.all([state.close(), plain.close()]);
      const again = await open({ storage });
      check(again);
      for (const [name, shape] of Object.entries(shapes))
        expect(await again.read(globalScope(), name)).toEqual(shape());
      await again.close();
    },
  );

  test("minus zero, shared and circular references survive", async () => {
    const storage = memory();
    const state = await open({ storage });
    const shared = { n: -0 };
    const loop: Record<string, unknown> = { a: shared, b: shared };
    loop["self"] = loop;
    await state.set("v", loop);
    await state.close();
    const again = await open({ storage });
    const v = again.get("v") as typeof loop;
    expect(v["self"]).toBe(v);
    expect(v["a"]).toBe(v["b"]);
    expect(Object.is((v["a"] as { n: number }).n, -0)).toBe(true);
    await again.close();
  });

  class Point {
    x = 1;
  }
  const holes: unknown[] = [];
  holes[2] = 1;
  let deep: unknown = 1;
  for (let i = 0; i < 5000; i++) deep = [deep];
  test.each<[string, unknown, string]>([
    ["a function", { steps: [0, 1, { run: () => 1 }] }, "plan.steps[2].run"],
    ["a symbol", [Symbol("s")], "plan[0]"],
    ["an instance of a class that nobody registered", { p: new Point() }, "plan.p"],
    ["a promise", { p: Promise.resolve(1) }, "plan.p"],
    ["an invalid date", { d: new Date(Number.NaN) }, "plan.d"],
    ["a hole", { a: holes }, "plan.a"],
    ["a lone surrogate", { t: "\ud800" }, "plan.t"],
    ["a function in a Map", new Map([["k", () => 1]]), "plan"],
    ["a function in a Set", new Set([() => 1]), "plan"],
    ["too deep a nesting", deep, "plan"],
    ["a WeakMap", { w: new WeakMap() }, "plan.w"],
  ])(
    "%s is refused with the path, whichever way it is written, and nothing changes",
    async (_, value, path) => {
      await using state = await open();
      await state.set("plan", "before");
      const head = state.headRevision;
      const refused = { code: "not_serializable", facts: { path: expect.stringContaining(path) } };
      await expect(state.set("plan", value)).rejects.toMatchObject(refused);
      await expect(state.setWithHooks(globalScope(), "plan", value)).rejects.toMatchObject(refused);
      await expect(state.batch((tx) => tx.set(globalScope(), "plan", value))).rejects.toMatchObject(refused);
      await expect(state.update("plan", () => value)).rejects.toMatchObject(refused);
      expect([state.get("plan"), state.headRevision]).toEqual(["before", head]);
    },
  );

  test("registered classes come back as themselves; without the registration as an inspectable value", async () => {
    class Money {
      readonly cents: number;
      constructor(cents: number) {
        this.cents = cents;
      }
    }
    const money: ValueType<Money> = {
      name: "money",
      is: (value) => value instanceof Money,
      encode: (value) => value.cents,
      decode: (cents) => new Money(Number(cents)),
    };
    const storage = memory();
    let state = await open({ storage, types: [money] });
    await state.set("k", new Map([["price", new Money(5)]]));
    expect(state.get("k")).toEqual(new Map([["price", new Money(5)]]));
    await state.close();
    state = await open({ storage });
    const map = state.get("k") as Map<string, unknown>;
    expect(map.get("price")).toEqual(new OpaqueValue("money", 5));
    await state.set("copy", map);
    await state.close();
    state = await open({ storage, types: [money] });
    expect(state.get("copy")).toEqual(new Map([["price", new Money(5)]]));
    await state.close();
  });
});

describe("nothing aliases the state", () => {
  const ways: Record<string, (s: Awaited<ReturnType<typeof open>>, v: unknown) => Promise<unknown>> = {
    set: (s, v) => s.set("k", v),
    setWithHooks: (s, v) => s.setWithHooks(globalScope(), "k", v),
    batch: (s, v) => s.batch((tx) => tx.set(globalScope(), "k", v)),
    setMany: (s, v) => s.setMany([{ scope: globalScope(), key: "k", value: v }]),
  };
  test.each(Object.keys(ways))("what is passed to %s may be changed at once", async (way) => {
    for (const hooked of [false, true]) {
      await using state = await open();
      if (hooked) state.hooks.on("before_state_change", { id: "slow" }, () => Promise.resolve());
      const value = { list: [1], when: new Date(5) };
      const writing = ways[way]?.(state, value);
      value.list.push(2);
      value.when.setTime(6);
      await writing;
      expect(state.get("k")).toEqual({ list: [1], when: new Date(5) });
      expect(Object.isFrozen(value)).toBe(false);
    }
  });

  test("plain JSON is frozen all through, and the same reference while it is unchanged", async () => {
    await using state = await open();
    await state.set("k", { a: [{ b: 1 }] });
    const first = state.get("k") as { a: { b: number }[] };
    expect(state.get("k")).toBe(first);
    expect([first, first.a, first.a[0]].every(Object.isFrozen)).toBe(true);
    expect(() => first.a.push({ b: 2 })).toThrow(TypeError);
    await state.set("other", 1);
    expect(state.get("k")).toBe(first);
    expect(state.entries().find(([key]) => key === "k")?.[1]).toBe(first);
    await state.checkpoint();
    expect(state.get("k")).toBe(first);
    await state.set("k", { a: [{ b: 1 }] });
    expect(state.get("k")).not.toBe(first);
  });

  test("values with a Map, Set, Date or bytes are copied at each get", async () => {
    await using state = await open();
    const make = () => ({ m: new Map([["a", 1]]), s: new Set([1]), d: new Date(1), b: new Uint8Array([1]) });
    await state.set("k", make());
    const held = state.get("k") as ReturnType<typeof make>;
    held.m.set("b", 2);
    held.s.clear();
    held.d.setTime(9);
    held.b[0] = 9;
    expect(state.get("k")).toEqual(make());
    expect(state.get("k")).not.toBe(held);
  });

  test("neither what events, hooks nor the timeline hand out", async () => {
    await using state = await open();
    const told = collect(state, "state.changed");
    state.hooks.on("before_state_change", { id: "meddler", replayable: true }, (change) => {
      (change.value as Set<number>).add(2);
      (change.oldValue as Set<number> | undefined)?.add(3);
    });
    await state.set("k", new Set([1]), { correlationId: "run" });
    await state.set("k", new Set([1]));
    for (const event of told) (event.data as { newValue: Set<number> }).newValue.add(4);
    for (const entry of (await state.timeline("run")).events)
      if (entry.kind === "change") (entry.newValue as Set<number>).add(5);
    expect(state.get("k")).toEqual(new Set([1]));
    expect((told[0]?.data as { newValue: unknown } | undefined)?.newValue).toEqual(new Set([1]));
  });
});

test("keys, entries, size and has agree, and a stored undefined is not absent", async () => {
  await using state = await open();
  await state.setMany([
    { scope: globalScope(), key: "b", value: undefined },
    { scope: globalScope(), key: "a", value: 0 },
  ]);
  expect(state.keys().sort()).toEqual(["a", "b"]);
  expect(new Map(state.entries())).toEqual(
    new Map<string, unknown>([
      ["a", 0],
      ["b", undefined],
    ]),
  );
  expect([state.size, state.has("b"), state.has("c")]).toEqual([2, true, false]);
  expect(await state.read(globalScope(), "b")).toBeUndefined();
});

test("large values are read back whole, alone and many at once", async () => {
  const storage = memory();
  const state = await open({ storage });
  const big = (i: number) => ({ i, text: "é".repeat(40_000), bytes: new Uint8Array(100_000).fill(i) });
  await Promise.all([1, 2, 3].map((i) => state.set(`k${i}`, big(i))));
  expect(state.get("k2")).toEqual(big(2));
  await state.checkpoint();
  await state.close();
  const again = await open({ storage });
  for (const i of [1, 2, 3]) expect(again.get(`k${i}`)).toEqual(big(i));
  expect(await again.read(globalScope(), "k3")).toEqual(big(3));
  await again.close();
});
