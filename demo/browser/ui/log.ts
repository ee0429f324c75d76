import type { Plan } from "../agent/step.ts";
import { type Mind, planOf, saidIn } from "../mind/mind.ts";
import { h, type Keyed, keyed } from "./dom.ts";
import { drawEntry, type EntryActions, PLAN_PLACE } from "./entry.ts";
import { drawPlan } from "./plan.ts";

/** How near the end one must be, in pixels, to be taken along by what comes. */
const NEAR_END = 120;

/** The conversation. New entries are read out; what was there at the start is not. */
export function drawLog(
  mind: Mind,
  intro: HTMLElement,
  actions: EntryActions,
): { element: HTMLElement; update(): void } {
  const entries = h("div", {
    class: "entries",
    role: "log",
    "aria-live": "off",
    "aria-label": "Conversation",
  });
  const element = h(
    "div",
    { class: "log", tabindex: 0, role: "region", "aria-label": "Conversation, scrollable" },
    intro,
    entries,
  );
  let seen = 0;

  return {
    element,
    update() {
      const said = saidIn(mind);
      intro.hidden = said.length > 0;
      const wasNearEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END;
      keyed(
        entries,
        said.map(([key, one]): Keyed => {
          const plan = planOf(mind, one.run);
          const step = Number(key.split("/")[1]);
          return { key, version: one, draw: () => drawEntry(one, step, plan, actions) };
        }),
      );
      for (const [at, [, one]] of said.entries()) {
        const place = one.who === "user" ? entries.children[at]?.querySelector(`.${PLAN_PLACE}`) : null;
        if (place) showPlan(place, planOf(mind, one.run));
      }
      if (said.length !== seen && (wasNearEnd || seen === 0)) element.scrollTop = element.scrollHeight;
      seen = said.length;
      entries.setAttribute("aria-live", "polite");
    },
  };
}

const shown = new WeakMap<Element, Plan>();

function showPlan(place: Element, plan: Plan | undefined): void {
  if (plan === undefined || plan.steps.length < 2 || shown.get(place) === plan) return;
  shown.set(place, plan);
  place.replaceChildren(drawPlan(plan));
}
