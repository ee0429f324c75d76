import { byId, el, sync } from "./dom.js";
import { brief } from "./state-view.js";

/** @typedef {import("./agent.js").Told} Told */

const MOST_SHOWN = 100;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @param {import("./agent.js").Agent} agent */
export function drawTimeline(agent) {
  const runs = [...agent.runs].filter(([, events]) => events.length > 0);
  runs.sort(([, a], [, b]) => ((a[0]?.revision ?? "") < (b[0]?.revision ?? "") ? 1 : -1));
  const parent = byId("timeline");
  if (runs.length === 0)
    parent.replaceChildren(
      el(
        "p.empty",
        "Nothing yet. Each message is one run; what it changed stands under it, and what was vetoed.",
      ),
    );
  else
    sync(
      parent,
      runs.slice(0, MOST_SHOWN),
      ([id, events]) => `${agent.id} ${id} ${events.length}`,
      ([id, events]) => run(id, events),
    );
}

/**
 * @param {string} id
 * @param {readonly Told[]} events
 */
function run(id, events) {
  const said = events.find(({ key, kind }) => kind === "change" && key?.startsWith("messages/"));
  const title = /** @type {{ you?: string } | undefined} */ (said?.newValue)?.you ?? "A change";
  const time = el("time", clock.format(events[0]?.time ?? 0));
  const short = el("span.id", id.slice(0, 8));
  short.title = `correlation id ${id}`;
  return el("div.run", el("p", el("span", title), short, time), el("ul", ...events.map(item)));
}

/** @param {Told} event */
function item(event) {
  if (event.kind === "veto") {
    const hook = event.by ?? "a hook";
    return el("li.veto", el("span.chip", "veto"), el("code", hook), el("span", event.reason ?? ""));
  }
  if (event.kind !== "change")
    return el("li", el("span.chip", "hooks"), el("span", String(event.runs?.length ?? 0)));
  const isMessage = event.key?.startsWith("messages/");
  const what = event.operation === "set" ? (isMessage ? "the exchange" : brief(event.newValue)) : "";
  return el("li", el("span.chip", event.operation ?? ""), el("code", event.key ?? ""), el("span", what));
}
