// @vitest-environment happy-dom
import { act, createElement } from "react";
import { flushSync } from "react-dom";
import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, type StateManager } from "../../src/index.ts";
import { useEntries } from "../../src/react.ts";
import { counting, drawing, open, page } from "./world.ts";

const buffered = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 100_000 } as const;
let drawn: (readonly (readonly [string, unknown])[])[] = [];

const Entries = drawing(({ of }: { of: StateManager | undefined }) => {
  const entries = useEntries(of);
  drawn.push(entries);
  return entries.map(([key, value]) => `${key}=${value}`).join(" ");
});
const entriesOf = (of: StateManager | undefined) => createElement(Entries, { of });

describe.each([{ strict: false }, { strict: true }])("useEntries, strict: $strict", ({ strict }) => {
  test("shows what is there, own changes and those of others, and nothing while there is no source", async () => {
    const storage = memory();
    await using here = await open({ storage });
    await using there = await open({ storage });
    const at = page({ strict });
    await at.show(entriesOf(undefined));
    expect([at.text, drawn.at(-1)]).toEqual(["", []]);
    await here.set("a", 1);
    await at.show(entriesOf(here));
    expect(at.text).toBe("a=1");
    await act(async () => void (await here.set("b", 2)));
    expect(at.text).toBe("a=1 b=2");
    await there.delete("a");
    await act(() => here.refresh());
    expect(at.text).toBe("b=2");
    await act(async () => void (await here.clear()));
    expect(at.text).toBe("");
    await at.leave();
  });

  test("the list and each pair are the same references while they are unchanged, rich values too", async () => {
    await using state = await open();
    await state.set("rich", new Map([["at", new Date(1)]]));
    await state.set("plain", 1);
    drawn = [];
    const at = page({ strict });
    await at.show(entriesOf(state));
    await at.show(entriesOf(state));
    await act(async () => void (await state.setWithHooks(agent("other"), "k", 1)));
    expect(new Set(drawn).size).toBe(1);
    const [before] = drawn;
    await act(async () => void (await state.set("plain", 2)));
    const after = drawn.at(-1);
    expect(after).toEqual([
      ["rich", new Map([["at", new Date(1)]])],
      ["plain", 2],
    ]);
    expect([after === before, after?.[0] === before?.[0], after?.[1] === before?.[1]]).toEqual([
      false,
      true,
      false,
    ]);
    await at.leave();
  });
});

test("a loop of buffered writes is looked at a few times, not once a write, and its end is shown", async () => {
  await using store = await open({ persistence: buffered });
  let looks = 0;
  const keys = () => {
    looks++;
    return store.keys();
  };
  const at = page();
  await at.show(entriesOf({ ...store, keys }));
  looks = 0;
  await act(async () => {
    for (let i = 0; i < 500; i++) void store.set(`k${i}`, i);
  });
  expect(at.text.endsWith("k499=499")).toBe(true);
  expect(looks).toBeLessThan(10);
  await at.leave();
});

test("what is written after React has drawn, in the same turn, is shown too", async () => {
  await using state = await open({ persistence: buffered });
  const at = page();
  await at.show(entriesOf(state));
  await act(async () => {
    void state.set("a", 1);
    flushSync(() => {});
    expect(at.text).toBe("a=1");
    void state.set("b", 2);
  });
  expect(at.text).toBe("a=1 b=2");
  await at.leave();
});

test("nothing is watched after unmounting, and nothing that was gathered is told", async () => {
  const { state, counts } = counting(await open({ persistence: buffered }));
  const at = page();
  await at.show(entriesOf(state));
  expect(counts.watching).toBe(1);
  await act(async () => {
    void state.set("a", 1);
    void state.set("b", 1);
    at.leaveNow();
    counts.looks = 0;
  });
  expect([counts.watching, counts.looks]).toEqual([0, 0]);
  await state.close();
});
