// @vitest-environment happy-dom
import { act, createElement } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { agent } from "../../src/index.ts";
import { useEntries, useScope, useStateValue, useStatus } from "../../src/react.ts";
import { counting, open } from "./world.ts";

test("a server draws what is there before anything is loaded, holds nothing, and the page takes it over", async () => {
  await using store = await open({ persistence: { mode: "buffered" } });
  await store.set("k", "global");
  await store.setWithHooks(agent("a"), "k", "a's");
  const { state, counts } = counting(store);
  function All() {
    const { status, handle } = useScope(state, agent("a"));
    const own = useStateValue(handle, "k");
    const shared = useStateValue(state, "k", (value) => ({ text: value ?? "nothing" }));
    const entries = useEntries(state);
    const { dirty } = useStatus(state);
    return createElement("p", null, [status, own, shared.text, entries.length, dirty].join(" "));
  }
  const html = renderToString(createElement(All));
  expect(html).toBe("<p>loading  nothing 0 false</p>");
  expect(counts).toMatchObject({ opened: 0, held: 0, watching: 0, listening: 0 });

  const place = document.createElement("div");
  place.innerHTML = html;
  const complaints = vi.spyOn(console, "error");
  const root = await act(async () => hydrateRoot(place, createElement(All)));
  expect([place.textContent, complaints.mock.calls]).toEqual(["ready a's global 1 true", []]);
  await act(async () => root.unmount());
  expect([counts.held, counts.watching]).toEqual([0, 0]);
});
