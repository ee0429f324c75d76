import { ADDRESS_REMOVED, count, formatNumber } from "../agent/words.ts";
import { documentsOf, type Mind } from "../mind/mind.ts";
import { h, icon, keyed } from "./dom.ts";
import type { Tab } from "./tabs.ts";

export interface DocumentActions {
  readonly pick: () => void;
  readonly samples: () => void;
  readonly remove: (name: string) => void;
  readonly forget: () => void;
}

/** What is on the shelf. */
export function documentsTab(mind: Mind, actions: DocumentActions): Tab {
  const list = h("ul", { class: "documents" });
  const empty = h(
    "p",
    { class: "empty" },
    "Nothing is on the shelf yet. Drop text, Markdown, JSON or CSV anywhere on this page, or paste a text into the message box.",
  );
  const body = h(
    "div",
    {},
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", click: actions.pick }, icon("add"), "Add files"),
      h("button", { type: "button", click: actions.samples }, icon("shelf"), "Load samples"),
    ),
    empty,
    list,
    h(
      "footer",
      {},
      h(
        "button",
        { type: "button", class: "danger", click: actions.forget },
        icon("bin"),
        "Forget everything …",
      ),
    ),
  );
  return {
    id: "documents",
    title: "Documents",
    body,
    update() {
      const documents = documentsOf(mind);
      empty.hidden = documents.length > 0;
      keyed(
        list,
        documents.map((document) => ({
          key: document.name,
          version: document,
          draw: () => {
            const removed = document.text.split(ADDRESS_REMOVED).length - 1;
            const facts = [
              document.kind,
              count(document.text.split("\n").length, "line"),
              `${formatNumber(document.text.length)} characters`,
            ];
            return h(
              "li",
              {},
              h("span", { class: "name" }, document.name),
              h("span", { class: "facts" }, facts.join(" · ")),
              removed === 0
                ? undefined
                : h("span", { class: "chip modify" }, `${count(removed, "address", "addresses")} removed`),
              h(
                "button",
                {
                  type: "button",
                  class: "quiet",
                  "aria-label": `Remove ${document.name}`,
                  title: "Remove",
                  click: () => actions.remove(document.name),
                },
                icon("close"),
              ),
            );
          },
        })),
      );
    },
  };
}
