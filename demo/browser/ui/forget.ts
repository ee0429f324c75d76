import { h } from "./dom.ts";

/** Asks before everything is forgotten. */
export function drawForgetDialog(forget: () => void, erase: () => void): HTMLDialogElement {
  const erasing = h("input", { type: "checkbox", id: "erase" });
  const dialog = h(
    "dialog",
    { class: "forget", "aria-labelledby": "forget-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "forget-title" }, "Forget everything?"),
      h(
        "p",
        {},
        "Documents, conversation, plans and what you told me go, in one commit and in all tabs. The journal keeps what there was, until it is erased too.",
      ),
      h(
        "p",
        {},
        h(
          "label",
          { for: "erase" },
          erasing,
          "Erase the journal as well: delete the database and begin anew",
        ),
      ),
      h(
        "footer",
        {},
        h("button", { value: "no", autofocus: true }, "Keep it"),
        h("button", { value: "yes", class: "danger" }, "Forget"),
      ),
    ),
  );
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    if (erasing.checked) erase();
    else forget();
    dialog.returnValue = "";
    erasing.checked = false;
  });
  return dialog;
}
