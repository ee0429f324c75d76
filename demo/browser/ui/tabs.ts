import { h } from "./dom.ts";

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly body: HTMLElement;
  /** Called when it is shown, and when the state changed while it is. */
  readonly update: () => void;
}

/** Tabs as the ARIA practices have them: one is in the tab order, arrows, Home and End go to the others. */
export function drawTabs(label: string, tabs: readonly Tab[]) {
  let shown = 0;
  const buttons = tabs.map((tab, at) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${tab.id}`,
        "aria-controls": `panel-${tab.id}`,
        click: () => showAt(at),
      },
      tab.title,
    ),
  );
  const list = h(
    "div",
    {
      role: "tablist",
      "aria-label": label,
      keydown: (event) => {
        if (!(event instanceof KeyboardEvent)) return;
        const to = { ArrowRight: shown + 1, ArrowLeft: shown - 1, Home: 0, End: tabs.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        showAt((to + tabs.length) % tabs.length);
        buttons[shown]?.focus();
      },
    },
    ...buttons,
  );
  const panels = tabs.map((tab) =>
    h(
      "div",
      { role: "tabpanel", id: `panel-${tab.id}`, "aria-labelledby": `tab-${tab.id}`, tabindex: 0 },
      tab.body,
    ),
  );

  function showAt(wanted: number): void {
    shown = wanted;
    for (const at of tabs.keys()) {
      buttons[at]?.setAttribute("aria-selected", String(at === shown));
      buttons[at]?.setAttribute("tabindex", at === shown ? "0" : "-1");
      panels[at]?.toggleAttribute("hidden", at !== shown);
    }
    tabs[shown]?.update();
  }
  showAt(0);
  return {
    list,
    panels,
    show: (id: string) => showAt(tabs.findIndex((tab) => tab.id === id)),
    focus: () => buttons[shown]?.focus(),
    update: () => tabs[shown]?.update(),
  };
}
