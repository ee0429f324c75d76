// @vitest-environment happy-dom
import { act, createElement, Fragment, startTransition, useState } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, cancel, globalScope, type Handle, type StateManager } from "../../src/index.ts";
import { useStateValue } from "../../src/react.ts";
import { degraded, profile } from "../../src/testing.ts";
import { counting, drawing, open, page } from "./world.ts";

const buffered = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000 } as const;
let drawn: unknown[] = [];

const Value = drawing(({ of, name }: { of: StateManager | Handle | undefined; name: string }) => {
  const value = useStateValue(of, name);
  drawn.push(value);
  return value;
});
const value = (of: StateManager | Handle | undefined, name = "k") => createElement(Value, { of, name });

const complaints = vi.spyOn(console, "error");
beforeEach(() => {
  drawn = [];
  complaints.mockClear();
});
afterEach(() => expect(complaints.mock.calls).toEqual([]));

describe.each([{ strict: false }, { strict: true }])("useStateValue, strict: $strict", ({ strict }) => {
  const times = strict ? 2 : 1;

  test("shows own writes when they are durable, and renders for its key alone", async () => {
    await using state = await open();
    const at = page({ strict });
    await at.show(value(state));
    expect([at.text, drawn.length]).toEqual(["undefined", times]);
    await act(async () => void (await state.set("k", 1)));
    expect([at.text, drawn.length]).toEqual(["1", 2 * times]);
    await act(async () => void (await state.set("other", 1)));
    await act(async () => void (await state.setWithHooks(agent("a"), "k", 2)));
    state.hooks.on("before_state_change", { id: "no" }, () => cancel("no"));
    await act(async () => void (await state.set("k", 3)));
    expect([at.text, drawn.length]).toEqual(["1", 2 * times]);
    await at.leave();
  });

  test.each([
    ["immediate", {}],
    ["buffered", buffered],
  ] as const)("keeps the reference of a Map while it is unchanged, in %s mode", async (_, persistence) => {
    await using state = await open({ persistence });
    await state.set("k", new Map([["at", new Date(5)]]));
    const at = page({ strict });
    await at.show(createElement(Fragment, null, value(state), value(state)));
    const first = drawn[0];
    expect(first).toEqual(new Map([["at", new Date(5)]]));
    await at.show(createElement(Fragment, null, value(state), value(state)));
    await act(async () => void (await state.set("other", 1)));
    await act(() => state.flush());
    expect([drawn.length, new Set(drawn).size]).toEqual([4 * times, 1]);
    await act(async () => void (await state.set("k", new Map())));
    expect([drawn.at(-1), new Set(drawn).size]).toEqual([new Map(), 2]);
    await at.leave();
  });

  test("shows what other writers changed", async () => {
    const storage = memory();
    await using here = await open({ storage });
    await using there = await open({ storage });
    const at = page({ strict });
    await at.show(value(here));
    await there.set("k", "from there");
    await act(() => here.refresh());
    expect(at.text).toBe("from there");
    await there.delete("k");
    await act(() => here.refresh());
    expect(at.text).toBe("undefined");
    await at.leave();
  });

  test("shows a buffered write at once, and the stored value again when the write is vetoed at the flush", async () => {
    const storage = memory();
    await using there = await open({ storage });
    await there.set("k", 1);
    const here = await open({ storage, persistence: buffered });
    here.hooks.on("before_state_change", { id: "once", keys: ["k"] }, (c) =>
      c.oldValue === 5 ? cancel("too late") : undefined,
    );
    const at = page({ strict });
    await at.show(value(here));
    await act(async () => void (await here.set("k", 2)));
    expect([at.text, here.dirty]).toEqual(["2", true]);
    await there.set("k", 5);
    await act(() => here.flush());
    expect(at.text).toBe("5");
    await at.leave();
    await here.close();
  });

  test("a buffered write is drawn in the event that made it, as controlled inputs need it", async () => {
    await using state = await open({ persistence: buffered });
    const at = page({ strict });
    await at.show(value(state));
    act(() => void state.set("k", "typed"));
    expect(at.text).toBe("typed");
    await at.leave();
  });

  test("hides what expired at the next render, and by itself when that is committed", async () => {
    let now = 1_700_000_000_000;
    await using state = await open({ ports: { clock: { now: () => now, elapsed: () => now } } });
    await state.set("k", 1, { ttlMs: 10 });
    const at = page({ strict });
    await at.show(value(state));
    expect(at.text).toBe("1");
    now += 20;
    await at.show(value(state));
    expect(at.text).toBe("undefined");
    await act(async () => void (await state.set("k", 2, { ttlMs: 10 })));
    expect(at.text).toBe("2");
    now += 20;
    await act(async () => void (await state.checkpoint()));
    expect(at.text).toBe("undefined");
    await at.leave();
  });

  test("follows another key and another handle, and shows nothing without one", async () => {
    await using state = await open();
    await state.set("k", "global k");
    await state.set("l", "global l");
    const a = await state.agent("a");
    await a.set("k", "a's k");
    const at = page({ strict });
    for (const [of, name, shown] of [
      [undefined, "k", "undefined"],
      [state, "k", "global k"],
      [state, "l", "global l"],
      [a, "k", "a's k"],
      [a.with({ actor: "me" }), "k", "a's k"],
      [undefined, "k", "undefined"],
      [a, "l", "undefined"],
    ] as const) {
      await at.show(value(of, name));
      expect(at.text).toBe(shown);
    }
    await act(async () => void (await a.set("l", 1)));
    expect(at.text).toBe("1");
    await at.leave();
    a.close();
  });

  test("a change between the render and the subscription is not missed", async () => {
    await using state = await open({ persistence: buffered });
    let isFirst = true;
    const Early = drawing(() => {
      const shown = useStateValue(state, "k");
      if (isFirst) {
        isFirst = false;
        queueMicrotask(() => void state.set("k", "in between"));
      }
      return shown;
    });
    const at = page({ strict });
    await at.show(createElement(Early));
    expect(at.text).toBe("in between");
    await at.leave();
  });

  test("nothing is watched after unmounting, nor after the key changed", async () => {
    await using store = await open();
    const { state, counts } = counting(store);
    const at = page({ strict });
    await at.show(createElement(Fragment, null, value(state), value(state, "l"), value(state, "m")));
    expect(counts.watching).toBe(3);
    await at.show(createElement(Fragment, null, value(state, "n")));
    expect(counts.watching).toBe(1);
    await at.leave();
    expect(counts.watching).toBe(0);
    drawn = [];
    await act(async () => void (await state.set("n", 1)));
    expect(drawn).toEqual([]);
  });

  test("a handle that was closed shows what it showed last; to a newcomer it says so", async () => {
    await using state = await open();
    const a = await state.agent("a");
    await a.set("k", 1);
    const at = page({ strict });
    await at.show(value(a));
    a.close();
    await at.show(value(a));
    expect(at.text).toBe("1");
    await at.leave();
    await expect(page({ strict }).show(value(a))).rejects.toMatchObject({ code: "closed" });
  });
});

test("a scope that turns out damaged is an error of the tree, not an old value", async () => {
  const backend = degraded({ capabilities: profile("strong").capabilities });
  const [here, there] = [
    await open({ storage: backend.adapter() }),
    await open({ storage: backend.adapter() }),
  ];
  await here.setWithHooks(agent("a"), "k", 1);
  const a = await here.agent("a");
  const at = page();
  await at.show(value(a));
  const known = new Set(backend.contents().keys());
  await there.setWithHooks(agent("a"), "k", "y".repeat(100));
  const bad = [...backend.contents()].filter(([key]) => key.startsWith("j/") && !known.has(key));
  await there.setWithHooks(agent("fine"), "k", 1);
  for (const [key, bytes] of bad) backend.poke(key, bytes.fill(0x55, bytes.length >> 1));
  await expect(act(() => here.refresh())).rejects.toMatchObject({ code: "corrupt" });
  await at.leave();
  await Promise.allSettled([here.close(), there.close()]);
});

describe("select", () => {
  const Step = drawing(({ of }: { of: StateManager | undefined }) => {
    const step = useStateValue(of, "plan", (plan) => (plan as { step: number } | undefined)?.step ?? "none");
    drawn.push(step);
    return step;
  });

  test("renders only when what is selected changes", async () => {
    await using state = await open();
    const at = page();
    await at.show(createElement(Step, { of: undefined }));
    expect(at.text).toBe("none");
    await at.show(createElement(Step, { of: state }));
    await act(async () => void (await state.set("plan", { step: 1, note: "a" })));
    drawn = [];
    await act(async () => void (await state.set("plan", { step: 1, note: "b" })));
    expect([drawn, at.text]).toEqual([[], "1"]);
    await act(async () => void (await state.set("plan", { step: 2, note: "b" })));
    expect([drawn, at.text]).toEqual([[2], "2"]);
    await at.leave();
  });

  test("may make a new object each time, and may change from render to render", async () => {
    await using state = await open();
    await state.set("k", 2);
    const Times = drawing(({ by }: { by: number }) => {
      const { product } = useStateValue(state, "k", (k) => ({ product: (k as number) * by }));
      drawn.push(product);
      return product;
    });
    const at = page();
    await at.show(createElement(Times, { by: 3 }));
    await at.show(createElement(Times, { by: 5 }));
    await act(async () => void (await state.set("k", 4)));
    expect(drawn).toEqual([6, 10, 20]);
    await at.leave();
  });
});

test("no tearing: however a render is cut in pieces, all it shows is of one moment", async () => {
  await using state = await open({ persistence: buffered });
  await state.set("k", 0);
  const torn: string[] = [];
  const Slow = drawing(({ at }: { at: number }) => {
    const shown = useStateValue(state, "k");
    const until = performance.now() + 6; // longer than one slice of React's scheduler
    while (performance.now() < until);
    return `${at}=${shown} `;
  });
  let begin = (_: boolean) => {};
  function List() {
    const [isOn, turn] = useState(false);
    begin = turn;
    if (!isOn) return "off";
    return createElement(
      Fragment,
      null,
      ...Array.from({ length: 12 }, (_, i) => createElement(Slow, { at: i })),
    );
  }
  const place = document.createElement("div");
  new MutationObserver(() => look()).observe(place, { childList: true, subtree: true, characterData: true });
  function look(): void {
    const shown = new Set([...(place.textContent ?? "").matchAll(/=(\d+)/g)].map(([, n]) => n));
    if (shown.size > 1) torn.push(place.textContent ?? "");
  }
  const { createRoot } = await import("react-dom/client");
  globalThis.IS_REACT_ACT_ENVIRONMENT = false;
  try {
    const root = createRoot(place);
    root.render(createElement(List));
    await until(() => place.textContent === "off");
    startTransition(() => begin(true));
    let writes = 0;
    await until(() => {
      if (writes < 8) void state.set("k", ++writes);
      return writes === 8 && place.textContent?.includes("11=8") === true;
    });
    look();
    expect(torn).toEqual([]);
    expect(place.textContent).toContain("0=8 1=8");
    root.unmount();
  } finally {
    globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  }
});

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 4));
  expect(condition()).toBe(true);
}

test("a thousand readers of a thousand keys: a write draws one", async () => {
  await using store = await open();
  const { state, counts } = counting(store);
  const at = page();
  const all = Array.from({ length: 1000 }, (_, i) =>
    createElement(Value, { key: i, of: state, name: `k${i}` }),
  );
  await at.show(createElement(Fragment, null, ...all));
  drawn = [];
  counts.looks = 0;
  await act(async () => void (await state.setWithHooks(globalScope(), "k500", "hit")));
  expect(drawn).toEqual(["hit"]);
  expect(counts.looks).toBeLessThan(10);
  await at.leave();
});
