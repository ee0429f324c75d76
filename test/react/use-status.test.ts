// @vitest-environment happy-dom
import { act, createElement } from "react";
import { expect, test, vi } from "vitest";
import type { StateManager } from "../../src/index.ts";
import { type Status, useStatus } from "../../src/react.ts";
import { degraded, profile } from "../../src/testing.ts";
import { counting, drawing, open, page } from "./world.ts";

const buffered = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 100_000 } as const;
let drawn: Status[] = [];

const Saved = drawing(({ of }: { of: StateManager | undefined }) => {
  const status = useStatus(of);
  drawn.push(status);
  if (status.error !== undefined) return "not saved";
  return status.dirty ? "saving" : "saved";
});
const saved = (of: StateManager | undefined) => createElement(Saved, { of });

test.each([{ strict: false }, { strict: true }])(
  "buffered: dirty from the first write to the flush, told once for a burst; strict: $strict",
  async ({ strict }) => {
    await using state = await open({ persistence: buffered });
    const at = page({ strict });
    await at.show(saved(undefined));
    expect(at.text).toBe("saved");
    await at.show(saved(state));
    drawn = [];
    await act(async () => {
      for (let i = 0; i < 50; i++) void state.set("k", i);
    });
    expect([at.text, drawn.length]).toEqual(["saving", strict ? 2 : 1]);
    await act(() => state.flush());
    expect([at.text, drawn.at(-1)]).toEqual([
      "saved",
      { dirty: false, lastDurableAt: state.lastDurableAt, error: undefined },
    ]);
    await at.leave();
  },
);

test("a mounting in the middle knows what waits", async () => {
  await using state = await open({ persistence: buffered });
  await state.set("k", 1);
  const at = page();
  await at.show(saved(state));
  expect(at.text).toBe("saving");
  await act(() => state.flush());
  expect(at.text).toBe("saved");
  await at.leave();
});

test("a flush that fails says why, until one does not", async () => {
  const backend = degraded({ capabilities: profile("strong").capabilities });
  await using state = await open({ storage: backend.adapter(), persistence: buffered });
  await state.set("k", 0);
  await state.flush();
  const at = page();
  await at.show(saved(state));
  backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
  await act(async () => void (await state.set("k", 1)));
  await act(() => expect(state.flush()).rejects.toMatchObject({ code: "quota" }));
  expect([at.text, drawn.at(-1)?.error]).toEqual(["not saved", expect.objectContaining({ code: "quota" })]);
  await act(() => state.flush());
  expect(at.text).toBe("saved");
  await at.leave();
});

test("immediate: tells when the last commit was, and is not dirty for good", async () => {
  await using state = await open();
  const at = page();
  const writing = state.set("k", 1);
  await at.show(saved(state));
  await act(async () => {
    await writing;
    await new Promise((resolve) => setTimeout(resolve, 1));
  });
  expect([at.text, drawn.at(-1)?.lastDurableAt]).toEqual(["saved", state.lastDurableAt]);
  await at.leave();
});

test.each([{ strict: false }, { strict: true }])(
  "immediate: a write that fails is not dirty for good; strict: $strict",
  async ({ strict }) => {
    const backend = degraded({ capabilities: profile("strong").capabilities });
    await using state = await open({ storage: backend.adapter() });
    const at = page({ strict });
    await at.show(saved(state));
    const { reached, thaw } = backend.freeze(backend.effects + 1);
    const failed = expect(state.set("k", 1)).rejects.toMatchObject({ code: "quota" });
    await reached;
    await at.show(saved(state));
    expect(at.text).toBe("saving");
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    thaw();
    await failed;
    await vi.waitFor(() => act(async () => expect(at.text).toBe("saved")));
    await at.leave();
  },
);

test("nobody listens after unmounting, and what was about to be told is not", async () => {
  await using store = await open();
  const { state, counts } = counting(store);
  const at = page();
  await at.show(saved(state));
  expect(counts.listening).toBe(2);
  await act(async () => void (await state.set("k", 1)));
  await at.leave();
  counts.looks = 0;
  await state.set("k", 2);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([counts.listening, counts.looks]).toEqual([0, 0]);
});

test("nobody looks again after unmounting, though something waits", async () => {
  await using store = await open({ persistence: buffered });
  const { state, counts } = counting(store);
  const at = page();
  await at.show(saved(state));
  await act(async () => void (await state.set("k", 1)));
  counts.looks = 0;
  const before = performance.now();
  await vi.waitFor(() => expect(counts.looks).toBeGreaterThan(0));
  const between = performance.now() - before;
  await at.leave();
  counts.looks = 0;
  await new Promise((resolve) => setTimeout(resolve, 2 * between));
  expect(counts.looks).toBe(0);
});

test("a store that was closed shows what it was last", async () => {
  const state = await open();
  const at = page();
  await at.show(saved(state));
  await act(() => state.close());
  await at.show(saved(state));
  await at.leave();
  const late = page();
  await late.show(saved(state));
  expect(late.text).toBe("saved");
  await late.leave();
});
