// @vitest-environment happy-dom
import { Activity, type ActivityProps, act, createElement, memo, StrictMode, useState } from "react";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { agent, type Handle, type StateManager, type StateScope } from "../../src/index.ts";
import { type ScopeResult, useScope, useStateValue } from "../../src/react.ts";
import { counting, deferred, drawing, open, page } from "./world.ts";

let store: StateManager;
let state: StateManager;
let counts: ReturnType<typeof counting>["counts"];
let results: ScopeResult[] = [];

const Scope = drawing(({ of, scope }: { of?: StateManager | undefined; scope: StateScope | undefined }) => {
  const result = useScope(of, scope);
  results.push(result);
  const value = useStateValue(result.handle, "k");
  return result.status === "ready" ? `${result.handle.scope.kind}: ${value}` : result.status;
});
const scope = (id: string | undefined, of: StateManager | undefined = state) =>
  createElement(Scope, { of, scope: id === undefined ? undefined : agent(id) });

beforeEach(async () => {
  store = await open();
  await store.batch((tx) => {
    for (const id of ["a", "b"]) tx.set(agent(id), "k", `value of ${id}`);
  });
  ({ state, counts } = counting(store));
  results = [];
});
afterEach(() => store.close());

describe.each([{ strict: false }, { strict: true }])("useScope, strict: $strict", ({ strict }) => {
  test("loads the scope, holds it while it is mounted, and gives it back", async () => {
    const at = page({ strict });
    await at.show(scope("a"));
    expect([at.text, results[0]?.status, counts.held, counts.watching]).toEqual([
      "agent: value of a",
      "loading",
      1,
      1,
    ]);
    const { handle } = results.at(-1) ?? {};
    await at.show(scope("a"));
    expect(results.at(-1)?.handle).toBe(handle);
    await at.leave();
    expect([counts.held, counts.watching]).toEqual([0, 0]);
    expect(() => handle?.get("k")).toThrow(expect.objectContaining({ code: "closed" }));
  });

  test("another scope, or another store, begins again at loading and never shows the one before", async () => {
    const at = page({ strict });
    await at.show(scope("a"));
    results = [];
    await at.show(scope("b"));
    expect([at.text, results[0]?.status, counts.held]).toEqual(["agent: value of b", "loading", 1]);
    const other = await open();
    await other.setWithHooks(agent("b"), "k", "elsewhere");
    results = [];
    await at.show(scope("b", other));
    expect([at.text, results[0]?.status, counts.held]).toEqual(["agent: elsewhere", "loading", 0]);
    await at.show(createElement(Scope, { of: undefined, scope: agent("b") }));
    expect(at.text).toBe("loading");
    await at.show(scope(undefined));
    expect([at.text, counts.held, counts.watching]).toEqual(["loading", 0, 0]);
    await at.show(scope("a"));
    expect([at.text, counts.held]).toEqual(["agent: value of a", 1]);
    await at.leave();
    await other.close();
    expect([counts.held, counts.watching]).toEqual([0, 0]);
  });

  test("an open that comes too late is closed and never shown: unmounted, or another scope by then", async () => {
    const opens: { readonly id: string; readonly go: () => void }[] = [];
    const slow: StateManager = {
      ...state,
      async scope(of) {
        const { promise, resolve } = deferred<void>();
        opens.push({ id: of.kind === "agent" ? of.id : "", go: () => resolve(undefined) });
        await promise;
        return state.scope(of);
      },
    };
    const go = (id: string) =>
      act(async () => {
        for (const one of opens) if (one.id === id) one.go();
      });
    const at = page({ strict });
    await at.show(scope("a", slow));
    await at.show(scope("b", slow));
    await go("b");
    expect(at.text).toBe("agent: value of b");
    await go("a");
    expect([at.text, counts.held]).toEqual(["agent: value of b", 1]);
    await at.show(scope("c", slow));
    await at.leave();
    const drawn = results.length;
    await go("c");
    expect([counts.held, counts.opened, results.length]).toEqual([0, opens.length, drawn]);
  });

  test("an open that fails says why, and can be tried again", async () => {
    let failure: TypeError | undefined = new TypeError("no luck");
    const shaky: StateManager = {
      ...state,
      scope: (of) => (failure === undefined ? state.scope(of) : Promise.reject(failure)),
    };
    const at = page({ strict });
    await at.show(scope("a", shaky));
    const failed = results.at(-1);
    expect([at.text, failed?.error]).toEqual(["failed", failure]);
    const retry = () => act(async () => (failed?.status === "failed" ? failed.retry() : undefined));
    results = [];
    await retry();
    expect([at.text, results[0]?.status]).toEqual(["failed", "loading"]);
    failure = undefined;
    await retry();
    expect([at.text, counts.held]).toEqual(["agent: value of a", 1]);
    await retry();
    await at.leave();
    await retry();
    expect([counts.opened, counts.held]).toEqual([1, 0]);
  });

  test("a store that is closed is an error of the scope, not of the tree", async () => {
    const closed = await open();
    await closed.close();
    const at = page({ strict });
    await at.show(scope("a", closed));
    expect([at.text, results.at(-1)?.error]).toEqual(["failed", expect.objectContaining({ code: "closed" })]);
    await at.leave();
  });

  test("a store that closes while its scopes are shown leaves them as they were", async () => {
    const short = await open();
    await short.setWithHooks(agent("a"), "k", "last words");
    const at = page({ strict });
    await at.show(scope("a", short));
    await act(() => short.close());
    await at.show(scope("a", short));
    expect(at.text).toBe("agent: last words");
    await at.leave();
  });
});

test("in StrictMode each mounting opens once, and nothing is left over", async () => {
  const at = page({ strict: true });
  await at.show(scope("a"));
  expect(counts).toMatchObject({ opened: 2, held: 1, watching: 1 });
  await at.leave();
  expect([counts.held, counts.watching]).toEqual([0, 0]);
});

test("an open that fails too late is not shown", async () => {
  const opens: ReturnType<typeof deferred<void>>[] = [];
  const slow: StateManager = {
    ...state,
    async scope(of) {
      const opening = deferred<void>();
      opens.push(opening);
      await opening.promise;
      return state.scope(of);
    },
  };
  const at = page({ strict: true });
  await at.show(scope("a", slow));
  const [first, second] = opens;
  await act(async () => first?.reject(new TypeError("of the first mounting")));
  await at.show(scope("a", slow));
  expect([at.text, opens.length]).toEqual(["loading", 2]);
  await act(async () => second?.resolve(undefined));
  expect(at.text).toBe("agent: value of a");
  await at.leave();
  expect(counts.held).toBe(0);
});

test("an evicted scope stays away: what nobody holds may leave memory", async () => {
  const tight = await open({ persistence: { cacheSizeLimit: 0 } });
  await tight.setWithHooks(agent("a"), "k", 1);
  await tight.setWithHooks(agent("b"), "k", 1);
  const at = page();
  await at.show(scope("a", tight));
  await at.show(scope("b", tight));
  await act(async () => void (await tight.setWithHooks(agent("a"), "k", 2)));
  await act(async () => void (await tight.setWithHooks(agent("b"), "k", 3)));
  expect(at.text).toBe("agent: 3");
  await at.show(scope("a", tight));
  expect(at.text).toBe("agent: 2");
  await at.leave();
  await tight.close();
});

test("a hidden tree gives its scope back, keeps its looks, and loads anew when it is shown", async () => {
  let poke: (n: number) => void = () => {};
  const Child = memo(({ handle }: { readonly handle: Handle | undefined }) => {
    const [n, setN] = useState(0);
    poke = setN;
    return `${n} ${useStateValue(handle, "k")}`;
  });
  function Parent() {
    const { status, handle } = useScope(state, agent("a"));
    handle?.has("k"); // what is shown as ready is open
    return createElement("p", null, status, " ", createElement(Child, { handle }));
  }
  const tree = (mode: "visible" | "hidden") =>
    createElement(
      StrictMode,
      null,
      createElement(Activity, { mode } as ActivityProps, createElement(Parent)),
    );
  const at = page();
  await at.show(tree("visible"));
  expect([at.text, counts.held]).toEqual(["ready 0 value of a", 1]);
  await at.show(tree("hidden"));
  expect([counts.held, counts.watching]).toEqual([0, 0]);
  await act(async () => void (await store.setWithHooks(agent("a"), "k", "new")));
  await act(async () => poke(1));
  await at.show(tree("visible"));
  expect([at.text, counts.held, counts.watching]).toEqual(["ready 1 new", 1, 1]);
  await at.leave();
  expect([counts.held, counts.watching]).toEqual([0, 0]);
});
