type DocumentKind = "text" | "markdown" | "json" | "csv";

/** A text that was given to the agent. */
export interface Document {
  /** Unique; the file's name. */
  readonly name: string;
  readonly kind: DocumentKind;
  readonly text: string;
}

/** A piece that can be found and quoted. */
export interface Passage {
  readonly document: string;
  /** Where it begins, from 1. */
  readonly line: number;
  /** Without markup. */
  readonly text: string;
  /** The heading it stands under. */
  readonly heading: string | undefined;
}

/** The kind by the name's ending, else by a look at the text. */
function kindOf(name: string, text: string): DocumentKind {
  const ending = /\.(\w+)$/.exec(name.toLowerCase())?.[1];
  if (ending === "md" || ending === "markdown") return "markdown";
  if (ending === "json") return "json";
  if (ending === "csv" || ending === "tsv") return "csv";
  if (ending !== undefined && ending !== "txt" && ending !== "text") return "text";
  if (/^\s*[[{]/.test(text) && parseJson(text) !== undefined) return "json";
  if (isTable(text)) return "csv";
  return /^#{1,6} \S/m.test(text) ? "markdown" : "text";
}

/** Lines that all have as many separators as the first. */
function isTable(text: string): boolean {
  const lines = text.trim().split("\n");
  return [",", ";", "\t"].some((separator) => {
    const counts = new Set(lines.map((line) => line.split(separator).length));
    return lines.length > 2 && counts.size === 1 && !counts.has(1);
  });
}

/** JSON on one line is laid out, so that a line number leads somewhere. */
export function makeDocument(name: string, given: string): Document {
  const text = given.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const kind = kindOf(name, text);
  if (kind !== "json" || text.trim().includes("\n")) return { name, kind, text };
  const value = parseJson(text);
  return { name, kind, text: value === undefined ? text : JSON.stringify(value, null, 2) };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const split = new WeakMap<Document, readonly Passage[]>();

/** A document's passages, in order: paragraphs, list items, rows, or the fields of an object that stand together. */
export function passagesOf(document: Document): readonly Passage[] {
  let found = split.get(document);
  if (found === undefined) {
    found = document.kind === "csv" || document.kind === "json" ? linesOf(document) : paragraphsOf(document);
    split.set(document, found);
  }
  return found;
}

/** Markup taken off a line of Markdown. */
export function plain(line: string): string {
  return line
    .replace(/^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ x]\]\s+)?/, "")
    .replace(/^\s*>\s?/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/(\*\*|__|`|~~)/g, "")
    .replace(/(^|\s)[*_](\S(?:.*?\S)?)[*_](?=\W|$)/g, "$1$2")
    .trim();
}

function paragraphsOf({ name, kind, text }: Document): Passage[] {
  const passages: Passage[] = [];
  let heading: string | undefined;
  let open: { line: number; parts: string[] } | undefined;
  const close = () => {
    if (open !== undefined)
      passages.push({ document: name, line: open.line, text: open.parts.join(" "), heading });
    open = undefined;
  };
  for (const [at, line] of text.split("\n").entries()) {
    const title = kind === "markdown" ? /^#{1,6}\s+(.+?)\s*#*$/.exec(line)?.[1] : undefined;
    const isItem = /^\s*(?:[-*+]|\d+[.)])\s+\S/.test(line);
    if (title !== undefined || isItem || line.trim() === "" || /^\s*\|/.test(line)) close();
    if (title !== undefined) {
      heading = plain(title);
      continue;
    }
    const words = kind === "markdown" || isItem ? plain(line) : line.trim();
    if (words === "" || /^[\s|:=~`*_-]+$/.test(words)) continue;
    open ??= { line: at + 1, parts: [] };
    open.parts.push(words.replace(/^\||\|$/g, "").trim());
  }
  close();
  return passages;
}

function linesOf({ name, kind, text }: Document): Passage[] {
  const passages: Passage[] = [];
  const lines = text.split("\n");
  if (kind === "csv") {
    for (const [at, line] of lines.entries()) {
      if (line.trim() === "" || at === 0) continue;
      passages.push({
        document: name,
        line: at + 1,
        text: line.replace(/"/g, "").replace(/[,;\t]/g, " · "),
        heading: undefined,
      });
    }
    return passages;
  }
  let open: { line: number; parts: string[] } | undefined;
  for (const [at, line] of [...lines, ""].entries()) {
    const fields = [...line.matchAll(FIELD)].map(([, label, value = ""]) => {
      const bare = value.replace(/^"|"$/g, "");
      return label === undefined ? bare : `${label}: ${bare}`;
    });
    // An object on one line is a passage; else the fields on lines that follow each other are.
    const isWhole = /[{[]\s*\S.*[}\]]/.test(line);
    if (open !== undefined && (fields.length === 0 || isWhole)) {
      passages.push({ document: name, line: open.line, text: open.parts.join(" · "), heading: undefined });
      open = undefined;
    }
    if (fields.length === 0) continue;
    open ??= { line: at + 1, parts: [] };
    open.parts.push(...fields);
  }
  return passages;
}

/** A field of a JSON object, or an item of a list. */
const FIELD = /(?:"((?:[^"\\]|\\.)*)"\s*:\s*)?("(?:[^"\\]|\\.)*"(?!\s*:)|-?\d[\d.eE+-]*|\btrue\b|\bfalse\b)/g;
