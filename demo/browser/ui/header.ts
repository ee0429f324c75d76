import type { Mind } from "../mind/mind.ts";
import { clock, h } from "./dom.ts";
import { drawThemeButton } from "./theme.ts";

const SURVIVES = {
  none: "in memory, gone at reload",
  process: "survives a kill",
  gated: "survives a kill",
  power: "survives power loss",
};

/** The name, where the state is, and what it survives. */
export function drawHeader({ state }: Mind): { element: HTMLElement; update(): void } {
  const saved = h("span", { class: "saved" });
  const element = h(
    "header",
    { class: "bar" },
    h("h1", {}, "Librarian"),
    h(
      "p",
      { class: "where" },
      h("span", { class: "lamp", "aria-hidden": "true" }),
      h("span", { class: "adapter" }, state.storageMode === "memory" ? "memory · " : "IndexedDB · "),
      SURVIVES[state.capabilities.durability],
      saved,
    ),
    drawThemeButton(),
  );
  return {
    element,
    update() {
      saved.textContent = state.lastDurableAt === undefined ? "" : ` · stored ${clock(state.lastDurableAt)}`;
    },
  };
}
