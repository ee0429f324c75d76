import { byId, el, sync } from "./dom.js";

/** @typedef {{ goal: string, steps: { text: string, done: boolean }[] }} Plan */

/** @param {import("./agent.js").Agent} agent */
export function drawState(agent) {
  const all = [...agent.entries].sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = all.filter(([key]) => !key.startsWith("messages/"));
  byId("state-count").textContent =
    `${shown.length} ${shown.length === 1 ? "entry" : "entries"}, ${all.length - shown.length} messages`;
  const parent = byId("state");
  if (shown.length === 0)
    parent.replaceChildren(el("p.empty", "Nothing yet. What the agent remembers appears here, by key."));
  else
    sync(
      parent,
      shown,
      ([key, { revision }]) => `${agent.id} ${key} ${revision}`,
      ([key, { value }]) => el("div.entry", el("span.key", key), el("div", drawnValue(key, value))),
    );
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function drawnValue(key, value) {
  if (key === "plan") {
    const plan = /** @type {Plan} */ (value);
    const steps = plan.steps.map((step) =>
      el(step.done ? "li.done" : "li", `${step.done ? "☑" : "☐"} ${step.text}`),
    );
    return el("div", plan.goal, el("ol", ...steps));
  }
  return brief(value);
}

/**
 * A value in one line.
 * @param {unknown} value
 */
export function brief(value) {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "value" in value) return String(value.value);
  if (typeof value === "object" && value !== null && "steps" in value) {
    const { goal, steps } = /** @type {Plan} */ (value);
    return `${goal}, ${steps.filter(({ done }) => done).length} of ${steps.length} done`;
  }
  return JSON.stringify(value) ?? "";
}
