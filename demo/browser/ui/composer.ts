import { h, icon } from "./dom.ts";

/** So long a text that is pasted is a document. */
const LONG = 400;
const LINES = 6;

export interface ComposerActions {
  /** Resolves with false if the words were not taken; they are then left to be changed. */
  readonly send: (text: string) => Promise<boolean>;
  readonly addFiles: (files: readonly File[]) => void;
  readonly addPasted: (text: string) => void;
}

/** Where one writes. Enter sends, Shift and Enter begins a line. */
export function drawComposer({ send, addFiles, addPasted }: ComposerActions) {
  const box = h("textarea", {
    id: "say",
    rows: 1,
    placeholder: "Ask, or tell me something",
    "aria-label": "Message to the librarian",
    "aria-describedby": "say-hint",
    enterkeyhint: "send",
    autocomplete: "off",
    keydown: (event) => {
      if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.shiftKey || event.isComposing)
        return;
      event.preventDefault();
      submit();
    },
    paste: (event) => {
      if (!(event instanceof ClipboardEvent)) return;
      const files = [...(event.clipboardData?.files ?? [])];
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (files.length === 0 && text.length < LONG && text.split("\n").length < LINES) return;
      event.preventDefault();
      if (files.length > 0) addFiles(files);
      else addPasted(text);
    },
  });
  const picker = h("input", {
    type: "file",
    multiple: true,
    hidden: true,
    accept: ".txt,.md,.markdown,.json,.csv,.tsv,.log,text/*,application/json",
    change: () => {
      addFiles([...(picker.files ?? [])]);
      picker.value = "";
    },
  });
  const form = h(
    "form",
    {
      class: "composer",
      submit: (event) => {
        event.preventDefault();
        submit();
      },
    },
    h(
      "button",
      {
        type: "button",
        class: "round",
        "aria-label": "Add documents",
        title: "Add documents",
        click: () => picker.click(),
      },
      icon("add"),
    ),
    box,
    h(
      "button",
      { type: "submit", class: "round primary", "aria-label": "Send", title: "Send" },
      icon("send"),
    ),
    picker,
    h(
      "p",
      { id: "say-hint", class: "hidden" },
      "Enter sends, Shift and Enter begins a new line. A long text that is pasted becomes a document.",
    ),
  );

  function submit(): void {
    const text = box.value.trim();
    if (text === "") return;
    box.value = "";
    void send(text).then((taken) => {
      if (!taken && box.value === "") box.value = text;
    });
  }
  return {
    element: form,
    pick: () => picker.click(),
    focus: () => box.focus(),
    /** Puts words into the box, to be sent or changed. */
    suggest(text: string) {
      box.value = text;
      box.focus();
    },
  };
}
