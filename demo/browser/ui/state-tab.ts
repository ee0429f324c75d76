import { formatScope, type Handle } from "keepstate";
import type { Mind } from "../mind/mind.ts";
import { h, type Keyed, keyed } from "./dom.ts";
import type { Tab } from "./tabs.ts";

const PREVIEW = 90;
const FULL = 6000;

/** The state as it is: scopes, keys, values. What changes is drawn anew, and lights up. */
export function stateTab(mind: Mind): Tab {
  const scopes = [mind.talk, mind.plans, mind.facts, mind.shelf].map((handle) => ({
    handle,
    ...drawScope(handle),
  }));
  const head = h("p", { class: "head" });
  const body = h("div", {}, head, ...scopes.map(({ element }) => element));
  return {
    id: "state",
    title: "State",
    body,
    update() {
      const { state } = mind;
      head.textContent = `${state.storageMode} · head ${state.headRevision}`;
      for (const { handle, size, entries } of scopes) {
        size.textContent = String(handle.size);
        keyed(entries, rowsOf(handle));
      }
    },
  };
}

function drawScope(handle: Handle) {
  const size = h("span", { class: "size" });
  const entries = h("div", { class: "entries" });
  const name = formatScope(handle.scope);
  return {
    size,
    entries,
    element: h(
      "section",
      { class: "scope", "aria-label": `Scope ${name}` },
      h("h3", {}, name, size),
      entries,
    ),
  };
}

function rowsOf(handle: Handle): Keyed[] {
  const keys = handle
    .keys()
    .sort((a, b) => ((handle.revision(a) ?? "") < (handle.revision(b) ?? "") ? 1 : -1));
  return keys.map((key) => {
    const revision = handle.revision(key);
    return { key, version: revision, draw: () => drawValue(key, handle.get(key), revision) };
  });
}

function drawValue(key: string, value: unknown, revision: string | undefined): HTMLElement {
  const whole = JSON.stringify(value, null, 2) ?? "undefined";
  const short = JSON.stringify(value) ?? "undefined";
  return h(
    "details",
    { class: "value" },
    h(
      "summary",
      {},
      h("span", { class: "key" }, key),
      h("span", { class: "preview" }, short.slice(0, PREVIEW)),
    ),
    h(
      "pre",
      { tabindex: 0, "aria-label": `Value of ${key}` },
      whole.length > FULL ? `${whole.slice(0, FULL)}\n…` : whole,
    ),
    h("p", { class: "revision" }, `revision ${revision ?? ""}`),
  );
}
