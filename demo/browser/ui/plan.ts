import { describeStep, type Plan } from "../agent/step.ts";
import { withRedactions } from "./blocks.ts";
import { h, icon } from "./dom.ts";

/** The steps of a plan, and how far they are. */
export function drawPlan({ steps, next }: Plan): HTMLElement {
  const isRunning = next < steps.length;
  const progress = isRunning
    ? `Step ${next + 1} of ${steps.length}`
    : `All ${steps.length} steps done, each once`;
  return h(
    "section",
    { class: "plan", "aria-label": "Plan" },
    h("header", {}, h("h4", {}, "Plan"), h("span", { class: "progress" }, progress)),
    h(
      "ol",
      {},
      ...steps.map((step, at) => {
        const status = at < next ? "done" : at === next ? "working" : "waiting";
        const sign = h(
          "span",
          { class: "sign", "aria-hidden": "true" },
          status === "done" ? icon("done") : "",
        );
        return h(
          "li",
          { class: status, ...(status === "working" ? { "aria-current": "step" } : {}) },
          sign,
          h("span", {}, ...withRedactions(describeStep(step)), h("span", { class: "hidden" }, `, ${status}`)),
        );
      }),
    ),
  );
}
