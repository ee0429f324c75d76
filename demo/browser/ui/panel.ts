import { h, icon } from "./dom.ts";
import type { drawTabs } from "./tabs.ts";

/** The panel beside the conversation; on a narrow page a sheet over it, which Escape closes. */
export function drawPanel(tabs: ReturnType<typeof drawTabs>, behind: readonly HTMLElement[]) {
  const narrow = matchMedia("(max-width: 56rem)");
  let isOpen = false;
  const close = h(
    "button",
    { type: "button", class: "round close", "aria-label": "Close the panel", click: () => toggle(false) },
    icon("close"),
  );
  const element = h(
    "aside",
    { class: "panel", id: "inside", "aria-label": "What is inside" },
    h("div", { class: "top" }, tabs.list, close),
    ...tabs.panels,
  );
  const shade = h("div", { class: "shade", click: () => toggle(false) });
  const button = h(
    "button",
    {
      type: "button",
      class: "round opener",
      "aria-label": "Show what is inside",
      "aria-controls": "inside",
      click: () => toggle(!isOpen),
    },
    icon("panel"),
  );

  function apply(): void {
    const isSheet = narrow.matches;
    element.classList.toggle("open", isOpen);
    element.inert = isSheet && !isOpen;
    shade.hidden = !(isSheet && isOpen);
    for (const one of behind) one.inert = isSheet && isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  }
  function toggle(open: boolean): void {
    if (isOpen === open) return;
    isOpen = open;
    apply();
    if (!narrow.matches) return;
    if (isOpen) tabs.focus();
    else button.focus();
  }
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") toggle(false);
  });
  narrow.addEventListener("change", apply);
  return { element, shade, button, apply, open: () => toggle(true) };
}
