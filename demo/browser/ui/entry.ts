import type { Plan } from "../agent/step.ts";
import { count } from "../agent/words.ts";
import type { Said } from "../mind/mind.ts";
import { drawBlock, withRedactions } from "./blocks.ts";
import { h, icon } from "./dom.ts";

/** Where the plan of a request stands; it is drawn anew at each step, and not read out each time. */
export const PLAN_PLACE = "plan-place";

export interface EntryActions {
  /** Shows what happened under a correlation id. */
  readonly showRun: (run: string) => void;
}

/** An entry of the conversation. `step` is its place in the plan of its run; 0 is the request. */
export function drawEntry(
  said: Said,
  step: number,
  plan: Plan | undefined,
  actions: EntryActions,
): HTMLElement {
  const origin = h(
    "button",
    {
      class: "run",
      type: "button",
      click: () => actions.showRun(said.run),
      title: "Show the timeline of this run",
    },
    said.run,
    plan !== undefined && plan.steps.length > 1 && step > 0 ? ` · step ${step} of ${plan.steps.length}` : "",
  );
  switch (said.who) {
    case "user":
      return entry("user", "You", [
        h("p", { class: "said" }, ...withRedactions(said.text)),
        h("div", { class: PLAN_PLACE, "aria-live": "off" }),
      ]);
    case "agent":
      return entry("agent", "Librarian", [...said.reply.blocks.map(drawBlock), origin]);
    case "guard":
      return entry("guard", "Vetoed", [
        h(
          "p",
          { class: "verdict" },
          icon("veto"),
          h("strong", {}, "Not kept: "),
          `${said.of} ${said.reason}.`,
        ),
        h(
          "p",
          { class: "why" },
          "The hook ",
          h("code", {}, said.by),
          " vetoed the change. The journal holds that it did, and not the text.",
        ),
        origin,
      ]);
    case "shelf":
      return entry("shelf", "Documents", [h("p", {}, icon("shelf"), describeShelf(said)), origin]);
  }
}

function entry(who: string, name: string, children: readonly (Node | undefined)[]): HTMLElement {
  return h(
    "article",
    { class: `entry ${who}` },
    h("h3", { class: "who" }, name),
    h("div", { class: "body" }, ...children),
  );
}

function describeShelf({ added, removed }: Extract<Said, { who: "shelf" }>): string {
  if (removed !== undefined) return `${removed} is off the shelf.`;
  return `${count(added?.length ?? 0, "document")} on the shelf: ${added?.join(", ") ?? ""}.`;
}
