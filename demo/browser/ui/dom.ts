type Child = Node | string | undefined | readonly Child[];

/** Attributes; a function is a listener of the event it is named after, `true` an attribute without a value. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | undefined | ((event: Event) => unknown)>
>;

/** An element. Texts become text nodes: nothing that a document says is ever taken for markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

function append(element: HTMLElement, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined) continue;
    if (typeof child === "string" || child instanceof Node) element.append(child);
    else append(element, child);
  }
}

const PATHS = {
  add: "M8 3v10M3 8h10",
  send: "M8 13V3.5M3.5 7.5 8 3l4.5 4.5",
  panel: "M2.5 3.5h11v9h-11zM9.5 3.5v9",
  close: "M4 4l8 8M12 4l-8 8",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
  done: "M3 8.5l3.2 3.2L13 5",
  veto: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 4.2l7.6 7.6",
  shelf: "M3 2.5v11M6.5 2.5v11M9.5 3l3 10.2",
  save: "M8 2.5v7M5 7l3 3 3-3M3 13h10",
  bin: "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9",
} as const;

/** A drawing that says nothing by itself: its button or its text has the name. */
export function icon(name: keyof typeof PATHS): Node {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of [
    ["viewBox", "0 0 16 16"],
    ["class", "icon"],
    ["aria-hidden", "true"],
  ] as const)
    svg.setAttribute(key, value);
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** An item of a list on the page. It is drawn anew only when `version` is another one. */
export interface Keyed {
  readonly key: string;
  readonly version: unknown;
  readonly draw: () => HTMLElement;
}

const drawn = new WeakMap<Element, { readonly key: string; readonly version: unknown }>();

/** Makes the children of `parent` those of `items`, touching only what differs, so that focus and selection stay. */
export function keyed(parent: HTMLElement, items: readonly Keyed[]): void {
  const there = new Map<string, Element>();
  for (const child of parent.children) there.set(drawn.get(child)?.key ?? "", child);
  const wanted = new Set(items.map(({ key }) => key));
  for (const [key, child] of there) if (!wanted.has(key)) child.remove();
  for (const [at, item] of items.entries()) {
    let element = there.get(item.key);
    if (element === undefined || drawn.get(element)?.version !== item.version) {
      const fresh = item.draw();
      // What comes later may light up; what is there at first does not.
      if (there.size > 0) fresh.classList.add("fresh");
      drawn.set(fresh, { key: item.key, version: item.version });
      element?.replaceWith(fresh);
      element = fresh;
    }
    const place = parent.children[at];
    if (place !== element) parent.insertBefore(element, place ?? null);
  }
}

export function clock(time: number): string {
  return new Date(time).toLocaleTimeString("en-GB");
}
