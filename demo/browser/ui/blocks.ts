import type { Block, Quote } from "../agent/reply.ts";
import { numberOf } from "../agent/table.ts";
import { ADDRESS_REMOVED } from "../agent/words.ts";
import { h } from "./dom.ts";

/** A part of a reply. */
export function drawBlock(block: Block): HTMLElement {
  switch (block.kind) {
    case "text":
      return h("p", {}, ...withRedactions(block.text));
    case "list":
      return h("ul", {}, ...block.items.map((item) => h("li", {}, ...withRedactions(item))));
    case "quotes":
      return h("div", { class: "quotes" }, ...block.quotes.map(drawQuote));
    case "table":
      return drawTable(block.caption, block.columns, block.rows);
  }
}

function drawQuote({ document, line, text, marks }: Quote): HTMLElement {
  const parts: Node[] = [];
  let from = 0;
  for (const [start, end] of marks) {
    parts.push(...withRedactions(text.slice(from, start)), h("mark", {}, text.slice(start, end)));
    from = end;
  }
  parts.push(...withRedactions(text.slice(from)));
  return h(
    "figure",
    {},
    h("blockquote", {}, ...parts),
    h("figcaption", {}, document, h("span", { class: "line" }, ` line ${line}`)),
  );
}

function drawTable(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const cell = (value: string) =>
    h("td", numberOf(value) === undefined ? {} : { class: "number" }, ...withRedactions(value));
  return h(
    "div",
    { class: "table", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))),
    ),
  );
}

/** A text in which the place of a removed address can be seen. */
export function withRedactions(text: string): Node[] {
  return text
    .split(ADDRESS_REMOVED)
    .flatMap((part, at) => [
      ...(at === 0
        ? []
        : [h("span", { class: "redacted", title: "removed by the hook no-addresses" }, "address removed")]),
      document.createTextNode(part),
    ]);
}
