/** The page's way in. */
import { isStateError } from "keepstate";
import { indexedDB } from "keepstate/adapters/indexeddb";
import { openMind } from "./mind/mind.ts";
import { startApp } from "./ui/app.ts";
import { h } from "./ui/dom.ts";

const NAME = "keepstate-librarian";
const root = document.getElementById("app");
if (root === null) throw new TypeError("the page has no #app");

try {
  const mind = await openMind(indexedDB({ name: NAME, fallback: "memory" }));
  await startApp(root, mind, NAME);
} catch (error) {
  const why = isStateError(error) ? `${error.message} (${error.code})` : String(error);
  root.replaceChildren(
    h("p", { class: "fatal", role: "alert" }, `The librarian cannot open its state: ${why}`),
  );
  throw error;
}
