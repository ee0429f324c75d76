import { documentsOf, type Mind, saidIn } from "../mind/mind.ts";
import { h, icon, keyed } from "./dom.ts";

const PLAN =
  "Summarise each document, then total the cost by team, then compare the two proposals and remember the result";

/** What is there before anything was said. */
export function drawIntro(samples: () => void, pick: () => void): HTMLElement {
  return h(
    "section",
    { class: "intro" },
    h("h2", {}, "It reads, reckons and remembers. Kill it whenever you like."),
    h(
      "p",
      {},
      "The librarian answers from documents you give it: it searches and quotes, sums up, works with tables, compares, and keeps what you tell it. Everything happens in this page; no network is used and no model is asked.",
    ),
    h(
      "p",
      { class: "actions" },
      h(
        "button",
        { type: "button", class: "primary", click: samples },
        icon("shelf"),
        "Load sample documents",
      ),
      h("button", { type: "button", click: pick }, icon("add"), "Add your own"),
    ),
    h(
      "ul",
      {},
      h(
        "li",
        {},
        h("strong", {}, "Reload in the middle of a plan. "),
        "It goes on with the next step and repeats nothing.",
      ),
      h(
        "li",
        {},
        h("strong", {}, "Open a second tab. "),
        "Both show the same, and only one of them takes each step.",
      ),
      h(
        "li",
        {},
        h("strong", {}, "Tell it a password. "),
        "A hook vetoes it before it is stored; another takes out e-mail addresses.",
      ),
    ),
  );
}

/** Requests to try, in the order in which they show most. Those that were said are left out. */
export function drawSuggestions(
  mind: Mind,
  suggest: (text: string) => void,
): { element: HTMLElement; update(): void } {
  const element = h("div", { class: "suggestions", role: "group", "aria-label": "Requests to try" });
  return {
    element,
    update() {
      const said = new Set(saidIn(mind).map(([, one]) => (one.who === "user" ? one.text : "")));
      const names = documentsOf(mind).map(({ name }) => name);
      const offered = names.length === 0 ? WITHOUT : names.includes("spending.csv") ? WITH_SAMPLES : WITH_OWN;
      const left = offered.filter((text) => !said.has(text)).slice(0, 5);
      keyed(
        element,
        left.map((text) => ({
          key: text,
          version: text,
          draw: () =>
            h(
              "button",
              { type: "button", class: "suggestion", title: text, click: () => suggest(text) },
              text,
            ),
        })),
      );
    },
  };
}

const WITHOUT = ["What can you do?", "Remember that I prefer short answers", "My password is open-sesame"];
const WITH_OWN = [
  "Summarise each document, then remember the result",
  "List the documents",
  "What do you know about me?",
  "My password is open-sesame",
];
const WITH_SAMPLES = [
  PLAN,
  "What are the risks of a flood?",
  "Which team has the highest cost in Bergen?",
  "Remember that I like the orchard",
  "My password is open-sesame",
  "How often is the roof mentioned?",
  "What do you know about me?",
  "What is the cheapest item in Oslo?",
  "Who prefers the harbour?",
];
