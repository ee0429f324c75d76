/**
 * @template {HTMLElement} T
 * @overload
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
/**
 * @overload
 * @param {string} id
 * @returns {HTMLElement}
 */
/**
 * @param {string} id
 * @param {new () => HTMLElement} [type]
 */
export function byId(id, type = HTMLElement) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`);
  return found;
}

/**
 * An element with text or children; texts are never read as HTML.
 * @param {string} tag and classes, such as "p.you"
 * @param {...(string | Node)} children
 */
export function el(tag, ...children) {
  const [name = "div", ...classes] = tag.split(".");
  const element = document.createElement(name);
  element.className = classes.join(" ");
  element.append(...children);
  return element;
}

/**
 * Brings the children in line with `items`: what is there already stays, so that nothing flickers and no reader of the
 * screen hears it again.
 * @template T
 * @param {HTMLElement} parent
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf changes whenever the item looks different
 * @param {(item: T) => HTMLElement} make
 */
export function sync(parent, items, keyOf, make) {
  /** @type {Map<string, Element>} */
  const old = new Map();
  for (const child of parent.children) old.set(child.getAttribute("data-key") ?? "", child);
  const wasEmpty = old.size === 0 || old.has("");
  /** @type {Element[]} */
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const known = old.get(key);
    if (known !== undefined) return known;
    const made = make(item);
    made.setAttribute("data-key", key);
    if (!wasEmpty) flash(made);
    return made;
  });
  const isSame =
    wanted.length === parent.children.length && wanted.every((one, i) => one === parent.children[i]);
  if (!isSame) parent.replaceChildren(...wanted);
}

const FLASH_MS = 1_600;

/** @param {HTMLElement} element */
function flash(element) {
  element.classList.add("fresh");
  // Not by the animation's end: what is hidden has none, and would flash when it is shown again.
  setTimeout(() => element.classList.remove("fresh"), FLASH_MS);
}
