import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { globalScope, StateManager } from "../../src/index.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a store with little to fold sets no timer, which would keep an idle Durable Object in memory", async () => {
  const state = await StateManager.open();
  for (let i = 0; i < 50; i++) await state.set(`k${i}`, i);
  expect(vi.getTimerCount()).toBe(0);
  await state.setMany(
    Array.from({ length: 300 }, (_, i) => ({ scope: globalScope(), key: `m${i}`, value: i })),
  );
  expect(vi.getTimerCount()).toBe(1);
  await state.close();
  expect(vi.getTimerCount()).toBe(0);
});
