import type { UniversalEvent } from "keepstate";
import type { Mind } from "../mind/mind.ts";
import { clock, h, keyed } from "./dom.ts";
import type { Tab } from "./tabs.ts";

const MOST = 150;

/** What happens while one looks, in this tab and in others. `onNews` is called after each event. */
export function eventsTab(mind: Mind, showRun: (run: string) => void, onNews: () => void): Tab {
  let events: readonly UniversalEvent[] = [];
  mind.state.events.on("*", (event) => note(event));
  const list = h("ol", { class: "events", "aria-label": "Events, the newest first" });
  const empty = h(
    "p",
    { class: "empty" },
    "Each change is told once, after it is stored. Say something, or do it in a second tab.",
  );

  function note(event: UniversalEvent): void {
    if (events.some(({ id }) => id === event.id)) return;
    events = [event, ...events].slice(0, MOST);
    onNews();
  }
  return {
    id: "events",
    title: "Events",
    body: h("div", {}, empty, list),
    update() {
      empty.hidden = events.length > 0;
      keyed(
        list,
        events.map((event) => ({ key: event.id, version: event, draw: () => drawEvent(event, showRun) })),
      );
    },
  };
}

function drawEvent(
  { type, time, data, correlation, metadata }: UniversalEvent,
  showRun: (run: string) => void,
): HTMLElement {
  const { scope, key, operation, by, reason } = factsOf(data);
  const isVeto = type === "state.change_cancelled";
  const run = correlation.correlationId;
  return h(
    "li",
    isVeto ? { class: "veto" } : {},
    h("span", { class: "time" }, clock(time)),
    h("span", { class: "type" }, type),
    metadata.origin === "remote" ? h("span", { class: "chip other" }, "another tab") : undefined,
    h("span", { class: "place" }, [operation, scope, key].filter((part) => part !== "").join(" ")),
    isVeto ? h("span", { class: "why" }, `${by}: ${reason}`) : undefined,
    run.startsWith("run-")
      ? h("button", { type: "button", class: "run", click: () => showRun(run) }, run)
      : undefined,
  );
}

function factsOf(data: unknown): Record<"scope" | "key" | "operation" | "by" | "reason", string> {
  const found = { scope: "", key: "", operation: "", by: "", reason: "" };
  if (typeof data !== "object" || data === null) return found;
  for (const name of ["scope", "key", "operation", "by", "reason"] as const) {
    const value: unknown = Reflect.get(data, name);
    if (typeof value === "string") found[name] = value;
  }
  return found;
}
