import { type Document, makeDocument } from "../agent/document.ts";
import { h } from "./dom.ts";

const LARGEST = 2_000_000;

/** Reads files as texts. What is too large or no text is told by `refuse`. */
export async function readFiles(
  files: readonly File[],
  refuse: (reason: string) => void,
): Promise<Document[]> {
  const documents: Document[] = [];
  for (const file of files) {
    if (file.size > LARGEST) {
      refuse(`${file.name} is larger than 2 MB.`);
      continue;
    }
    const text = await file.text();
    if (text.includes("\0")) refuse(`${file.name} is not a text.`);
    else documents.push(makeDocument(file.name, text));
  }
  return documents;
}

/** Takes what is dropped anywhere on the page. */
export function acceptDrops(
  addFiles: (files: readonly File[]) => void,
  addText: (text: string) => void,
): HTMLElement {
  const veil = h(
    "div",
    { class: "veil", hidden: true, "aria-hidden": "true" },
    h("p", {}, "Drop documents here"),
  );
  let depth = 0;
  const settle = (by: number) => {
    depth = Math.max(0, depth + by);
    veil.hidden = depth === 0;
  };
  document.addEventListener("dragenter", () => settle(1));
  document.addEventListener("dragleave", () => settle(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    settle(-depth);
    const files = [...(event.dataTransfer?.files ?? [])];
    const text = event.dataTransfer?.getData("text/plain") ?? "";
    if (files.length > 0) addFiles(files);
    else if (text.trim() !== "") addText(text);
  });
  return veil;
}
