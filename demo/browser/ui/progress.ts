import { describeStep } from "../agent/step.ts";
import { type Mind, openPlans } from "../mind/mind.ts";
import { h } from "./dom.ts";

/** The step that is being done, and the button that ends this tab in the middle of it. Takes the suggestions' place. */
export function drawProgress(mind: Mind, crash: () => void): { element: HTMLElement; update(): void } {
  const words = h("span", { class: "words" });
  const bar = h("progress", { "aria-label": "Steps done" });
  const element = h(
    "div",
    { class: "running", hidden: true },
    bar,
    words,
    h(
      "button",
      { type: "button", class: "crash", title: "Reloads the page, without any farewell", click: crash },
      "Crash this tab",
    ),
  );
  return {
    element,
    update() {
      const plan = openPlans(mind).find(({ steps }) => steps.length > 1);
      element.hidden = plan === undefined;
      const step = plan?.steps[plan.next];
      if (plan === undefined || step === undefined) return;
      bar.max = plan.steps.length;
      bar.value = plan.next;
      words.textContent = `${plan.next + 1}/${plan.steps.length} ${describeStep(step)}`;
    },
  };
}
