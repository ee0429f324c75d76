import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  agent,
  custom,
  formatScope,
  globalScope,
  hookScope,
  isStateError,
  parseScope,
  type StateScope,
  session,
  step,
  tool,
  user,
  workflow,
} from "../../src/index.ts";
import { open } from "./world.ts";

/** Ids full of what separators and escapes are made of. */
const id = fc.oneof(
  fc.string({
    unit: fc.constantFrom(":", "%", "2", "5", "3", "A", "!", "/", "\n", "~", "a"),
    minLength: 1,
    maxLength: 8,
  }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  fc.constantFrom("__proto__", "constructor", "hasOwnProperty", "global", "\u00e9", "e\u0301"),
);
const scope: fc.Arbitrary<StateScope> = fc.oneof(
  fc.constant(globalScope()),
  fc
    .tuple(fc.constantFrom(user, session, agent, tool, workflow, custom, hookScope), id)
    .map(([make, name]) => make(name)),
  fc.tuple(id, id).map(([w, s]) => step(w, s)),
);

describe("scopes and keys (T6)", () => {
  test("parse after format is the identity", () => {
    fc.assert(
      fc.property(scope, (one) => {
        expect(parseScope(formatScope(one))).toEqual(one);
      }),
    );
  });

  test("format is injective, and no text but its own parses", () => {
    fc.assert(
      fc.property(scope, scope, (a, b) => {
        expect(formatScope(a) === formatScope(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
    fc.assert(
      fc.property(fc.tuple(id, fc.array(id, { maxLength: 3 })), ([first, rest]) => {
        const text = [first, ...rest].join(":");
        try {
          expect(formatScope(parseScope(text))).toBe(text);
        } catch (error) {
          expect(isStateError(error, "invalid")).toBe(true);
        }
      }),
    );
  });

  test("no two (scope, key) pairs share an entry, also after a checkpoint and a reopening", async () => {
    const pair = fc.tuple(scope, id);
    const name = ([s, key]: [StateScope, string]) => JSON.stringify([formatScope(s), key]);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(pair, { selector: name, minLength: 2, maxLength: 12 }),
        async (pairs) => {
          await using state = await open();
          await state.batch((tx) => {
            for (const one of pairs) tx.set(one[0], one[1], name(one));
          });
          await state.checkpoint();
          for (const one of pairs) expect(await state.read(...one)).toBe(name(one));
        },
      ),
      { numRuns: 25 },
    );
  });

  test("the classics do not meet", async () => {
    await using state = await open();
    await state.setWithHooks(agent("a"), "b:c", 1);
    await state.setWithHooks(agent("a:b"), "c", 2);
    await state.setWithHooks(session("1"), "k", 3);
    await state.setWithHooks(custom("session:1"), "k", 4);
    await state.set("workflow:w1:x", 5);
    expect(await state.read(agent("a"), "b:c")).toBe(1);
    expect(await state.read(agent("a:b"), "c")).toBe(2);
    expect(await state.read(session("1"), "k")).toBe(3);
    expect((await state.workflow("w1")).keys()).toEqual([]);
    expect((await state.scopes()).map(formatScope).sort()).toEqual([
      "agent:a",
      "agent:a%3Ab",
      "custom:session%3A1",
      "global",
      "session:1",
    ]);
  });

  test("text is not normalised: both forms of é are keys of their own", async () => {
    await using state = await open();
    await state.set("\u00e9", 1);
    await state.set("e\u0301", 2);
    expect([state.get("\u00e9"), state.get("e\u0301")]).toEqual([1, 2]);
  });

  test.each(["__proto__", "constructor", "hasOwnProperty", "toString"])(
    "%s is a key and an id like any",
    async (name) => {
      await using state = await open();
      expect(state.has(name)).toBe(false);
      expect(state.get(name)).toBeUndefined();
      const handle = await state.agent(name);
      await handle.set(name, { [name]: 1 });
      expect(handle.keys()).toEqual([name]);
      expect(Object.keys(handle.get(name) as object)).toEqual([name]);
    },
  );
});

test.each([
  "",
  "x",
  "global:",
  "global:x",
  "agent",
  "agent:",
  "agent:a:b",
  "agent:%41",
  "agent:%3a",
  "step:a",
  "step:a:b:c",
  "!agents",
  "system:agents",
  "Agent:a",
  "agent:a%",
])("parseScope refuses %j", (text) =>
  expect(() => parseScope(text)).toThrow(expect.objectContaining({ code: "invalid" })),
);

test("nothing is decided by a key's text: every key is stored, and has hooks (T22)", async () => {
  await using state = await open();
  const asked: string[] = [];
  state.hooks.on("before_state_change", { id: "all" }, (change) => void asked.push(change.key));
  const keys = ["temp:a", "cache:b", "test:c", "benchmark:d", "system:e", "!f", "agent_state:g"];
  for (const key of keys) expect(await state.set(key, 1)).toMatchObject({ status: "committed" });
  const bench = await state.agent("benchmark:x");
  await bench.set("temp:y", 1);
  expect(asked).toEqual([...keys, "temp:y"]);
  expect(state.keys()).toEqual(keys);
});
