import { h, icon } from "./dom.ts";

const THEMES = ["auto", "light", "dark"] as const;

/** Goes from the system's colours to light to dark. */
export function drawThemeButton(): HTMLElement {
  const button = h("button", { type: "button", class: "round", click: next }, icon("theme"));
  const current = () => THEMES.find((theme) => theme === document.documentElement.dataset["theme"]) ?? "auto";
  function show(): void {
    button.setAttribute("aria-label", `Colours: ${current()}`);
    button.title = `Colours: ${current()}`;
  }
  function next(): void {
    const theme = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length] ?? "auto";
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("theme", theme);
    show();
  }
  show();
  return button;
}
