import { expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { type Handle, StateManager } from "../../src/index.ts";
import { open } from "./world.ts";

/** What a program in JavaScript can pass, whatever the types say. */
const bad = <T>(value: unknown) => value as T;

const reads: Record<string, (handle: Handle, key: string) => unknown> = {
  get: (h, key) => h.get(key),
  peek: (h, key) => h.peek(key),
  has: (h, key) => h.has(key),
  revision: (h, key) => h.revision(key),
  watch: (h, key) => h.watch(key, () => {}),
};

test.each(["immediate", "buffered"] as const)("reads say that a key is none, %s", async (mode) => {
  await using state = await open({ persistence: { mode } });
  const handle = await state.agent("a");
  for (const [name, read] of Object.entries(reads)) {
    for (const key of [5, null, { kind: "agent", id: "a" }])
      expect(() => read(handle, bad<string>(key)), `${name} of ${String(key)}`).toThrow(
        /key must be a string/,
      );
  }
  expect(() => handle.get(bad<string>(undefined))).toThrow(TypeError);
  expect(handle.get("nothing")).toBeUndefined();
});

test.each([
  "before_state_chnage",
  "beforeStateChange",
  "befor_state_change",
  "on_state_change",
  "state_changed",
])("a hook at %s would guard nothing, so it is refused", async (point) => {
  await using state = await open();
  expect(() => state.hooks.on(point, { id: "guard" }, () => undefined)).toThrow(
    expect.objectContaining({ code: "invalid", message: expect.stringContaining("before_state_change") }),
  );
  expect(state.hooks.list()).toEqual([]);
});

test.each(["before_send", "before_restate", "estate_sold"])(
  "a program may name a point %s",
  async (point) => {
    await using state = await open();
    state.hooks.on(point, { id: "own" }, () => undefined);
    expect(state.hooks.list()).toHaveLength(1);
  },
);

test("an adapter in place of the options is told where it belongs", async () => {
  await expect(StateManager.open(bad<object>(memory()))).rejects.toThrow(/StateManager\.open\(\{ storage: /);
});

test("a batch without a scope says so, and does not blame the key", async () => {
  await using state = await open();
  await expect(state.batch((tx) => tx.set(bad("k"), bad(1), 2))).rejects.toThrow(/scope/);
  await expect(state.batch((tx) => tx.delete(bad("k"), bad(1)))).rejects.toThrow(/scope/);
});
