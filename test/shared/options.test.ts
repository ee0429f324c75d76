import { describe, expect, it } from "vitest";
import { cloudflareKv } from "../../adapters/cloudflare-kv/index.ts";
import { durableObject } from "../../adapters/durable-object/index.ts";
import { filesystem } from "../../adapters/filesystem/index.ts";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import { localForage } from "../../adapters/localforage/index.ts";

/** What the checks look at; nothing is opened here. */
const kv = { list: () => undefined };
const storage = { transaction: () => undefined };
const methods = ["ready", "driver", "getItem", "setItem", "removeItem", "keys"];
const instance = {
  config: () => ({ name: "a", storeName: "b" }),
  ...Object.fromEntries(methods.map((method) => [method, () => undefined])),
};

// The calls of programs without types.
const adapters = { indexedDB, localForage, filesystem, durableObject, cloudflareKv };
type Adapter = keyof typeof adapters;
const call = (adapter: Adapter, given: unknown[]): unknown =>
  Reflect.apply(adapters[adapter], undefined, given);

/** The message of the TypeError that the call throws. */
function complaint(adapter: Adapter, given: unknown[]): string {
  try {
    call(adapter, given);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  return "no error";
}

describe.each<[Adapter, before: unknown[], example: string]>([
  ["indexedDB", [], 'indexedDB({ name: "my-app" })'],
  ["localForage", [], 'localForage({ name: "my-app" })'],
  ["filesystem", [], 'filesystem({ path: "./state" })'],
  ["durableObject", [storage], 'durableObject(ctx.storage, { name: "my_app" })'],
  ["cloudflareKv", [kv], 'cloudflareKv(env.MY_KV, { prefix: "my-app" })'],
])("%s", (adapter, before, example) => {
  it.each<[string, unknown]>([
    ["a text", "my-app"],
    ["null", null],
    ["a number", 5],
    ["true", true],
    ["a list", ["my-app"]],
    ["a function that has a name", function named() {}],
  ])("refuses %s in place of options, and shows how to write it", (_, given) => {
    expect(complaint(adapter, [...before, given])).toBe(
      `Options are given in an object, such as ${example}.`,
    );
  });

  it("names an option that it does not have, and those that it has", () => {
    expect(complaint(adapter, [...before, { nme: "my-app" }])).toMatch(
      /^There is no option "nme"; known are .*(name|path|prefix).*, as in \w+\(/,
    );
  });
});

it.each<[Adapter, example: string]>([
  ["indexedDB", 'indexedDB({ name: "my-app" })'],
  ["localForage", 'localForage({ name: "my-app" })'],
  ["filesystem", 'filesystem({ path: "./state" })'],
  ["durableObject", "durableObject(ctx.storage)"],
  ["cloudflareKv", "cloudflareKv(env.MY_KV)"],
])("%s called with nothing shows what it takes", (adapter, example) => {
  for (const given of [[], [undefined]]) expect(complaint(adapter, given)).toContain(example);
});

describe("a value that cannot be meant is refused by the name of its option:", () => {
  const ofIndexedDB = { name: [undefined, null, 5], storeName: [null, 5], durability: [null, true] };
  const ofLocalForage = { name: [undefined, null, 5], storeName: [null, 5], driver: [null, {}] };
  const cases: [Adapter, good: unknown[], bad: Record<string, unknown[]>][] = [
    ["indexedDB", [{ name: "a" }], ofIndexedDB],
    ["indexedDB", [{ name: "a" }], { fallback: [null, true], openTimeoutMs: [null, "5", Number.NaN] }],
    ["indexedDB", [{ name: "a" }], { factory: [null, "a", {}, () => undefined] }],
    ["localForage", [{ name: "a" }], ofLocalForage],
    ["localForage", [{ name: "a" }], { prefix: [null, 5], lockTimeoutMs: [null, "5", Number.NaN] }],
    ["localForage", [{}], { instance: [null, "a", {}, () => undefined] }],
    [
      "filesystem",
      [{ path: "a" }],
      { path: [undefined, null, 5], compactAbove: [null, "5", Number.NaN, [5]] },
    ],
    ["filesystem", [{ path: "a" }], { takeOver: [null, true, "yes"], onProblem: [null, "log", console] }],
    ["durableObject", [storage, {}], { name: [null, 5, ["a"], 5n, Symbol("a")] }],
    ["cloudflareKv", [kv, {}], { prefix: [null, 5, ["a"], 5n, Symbol("a")] }],
    ["cloudflareKv", [kv, {}], { stalenessMs: [null, "60000", 2 ** 31], settleMs: [null, "5", 2 ** 31] }],
  ];
  const each = cases.flatMap(([adapter, good, bad]) =>
    Object.entries(bad).map(([option, values]) => ({ adapter, option, good, values })),
  );
  it.each(each)("$adapter $option", ({ adapter, option, good, values }) => {
    for (const value of values) {
      const given = [...good.slice(0, -1), { ...Object(good.at(-1)), [option]: value }];
      expect(complaint(adapter, given), String(value)).toContain(`${adapter}(): ${option} `);
    }
  });
});

it("an option that is there and undefined is one that was left out", () => {
  const none = (...options: string[]) => Object.fromEntries(options.map((option) => [option, undefined]));
  const rest = none("storeName", "durability", "fallback", "openTimeoutMs", "factory");
  const calls: [Adapter, unknown[]][] = [
    ["indexedDB", [{ name: "a", ...rest }]],
    ["localForage", [{ name: "a", ...none("storeName", "driver", "prefix", "lockTimeoutMs") }]],
    ["localForage", [{ instance, ...none("prefix", "lockTimeoutMs") }]],
    ["filesystem", [{ path: "a", ...none("compactAbove", "takeOver", "onProblem") }]],
    ["durableObject", [storage, none("name")]],
    ["durableObject", [storage]],
    ["cloudflareKv", [kv, none("prefix", "stalenessMs", "settleMs")]],
    ["cloudflareKv", [kv]],
  ];
  for (const [adapter, given] of calls) expect(complaint(adapter, given), adapter).toBe("no error");
});

it("an instance of localForage's brings its name with it", () => {
  const said = complaint("localForage", [{ instance, name: "a" }]);
  expect(said).toBe(
    'There is no option "name"; known are instance, prefix, lockTimeoutMs, as in localForage({ instance }).',
  );
});
