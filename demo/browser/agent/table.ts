import { type Document, parseJson } from "./document.ts";

/** Rows with named columns, wherever in a document they were found. */
export interface Table {
  readonly document: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly cells: readonly string[];
  /** From 1; undefined where the document is not laid out in rows. */
  readonly line: number | undefined;
}

const parsed = new WeakMap<Document, Table | undefined>();

/** The table in a document: a CSV file, a list of JSON objects, or the first table of a Markdown text. */
export function tableOf(document: Document): Table | undefined {
  if (!parsed.has(document)) parsed.set(document, read(document));
  return parsed.get(document);
}

/** A number as people write them: "1,200", "€ 3.50", "12 %". Undefined for dates, names, and nothing. */
export function numberOf(cell: string): number | undefined {
  const bare = cell.trim().replace(/^(?:[€$£]|EUR|USD)\s*|\s*(?:[€$£%]|EUR|USD)$/g, "");
  if (!/^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$/.test(bare)) return undefined;
  return Number(bare.replaceAll(",", ""));
}

/** The numbers of a column; undefined if most of its cells hold something else. */
export function numbersIn({ rows }: Table, column: number): number[] | undefined {
  const filled = rows.map(({ cells }) => cells[column] ?? "").filter((cell) => cell.trim() !== "");
  const numbers = filled.map(numberOf).filter((value) => value !== undefined);
  return numbers.length > 0 && numbers.length >= filled.length * 0.8 ? numbers : undefined;
}

function read(document: Document): Table | undefined {
  const { kind, text, name } = document;
  if (kind === "csv") return withHeader(name, readCsv(text));
  if (kind === "json") return fromJson(name, parseJson(text));
  return kind === "markdown" ? withHeader(name, markdownRows(text)) : undefined;
}

function withHeader(document: string, [header, ...rows]: readonly Row[]): Table | undefined {
  if (header === undefined || rows.length === 0) return undefined;
  return { document, columns: header.cells.map((cell) => cell.trim()), rows };
}

/** RFC 4180, and the separators people use instead of commas. */
function readCsv(text: string): Row[] {
  const first = text.slice(0, text.indexOf("\n") + 1 || text.length);
  const separator = [",", ";", "\t"].reduce((best, one) =>
    first.split(one).length > first.split(best).length ? one : best,
  );
  const rows: Row[] = [];
  let cells: string[] = [];
  let cell = "";
  let isQuoted = false;
  let line = 1;
  let start = 1;
  const endRow = () => {
    cells.push(cell);
    if (cells.some((one) => one.trim() !== "")) rows.push({ cells, line: start });
    [cells, cell, start] = [[], "", line + 1];
  };
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (isQuoted && char === '"' && text[at + 1] === '"') {
      cell += char;
      at += 1;
    } else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && char === separator) {
      cells.push(cell);
      cell = "";
    } else if (!isQuoted && char === "\n") endRow();
    else cell += char;
    if (char === "\n") line += 1;
  }
  endRow();
  return rows;
}

function markdownRows(text: string): Row[] {
  const lines = text.split("\n");
  const rule = lines.findIndex((line) => /^\s*\|?\s*:?-{2,}:?\s*\|[\s|:-]*$/.test(line));
  if (rule < 1) return [];
  const rows: Row[] = [];
  for (let at = rule - 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (!line.includes("|")) break;
    if (at === rule) continue;
    const cells = line
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|");
    rows.push({ cells: cells.map((cell) => cell.trim()), line: at + 1 });
  }
  return rows;
}

/** The longest list of objects in it. */
function fromJson(document: string, value: unknown): Table | undefined {
  const lists: Record<string, unknown>[][] = [];
  const look = (part: unknown) => {
    if (typeof part !== "object" || part === null) return;
    if (Array.isArray(part) && part.length > 0 && part.every(isRecord)) lists.push(part);
    for (const child of Object.values(part)) look(child);
  };
  look(value);
  const list = lists.sort((a, b) => b.length - a.length)[0];
  if (list === undefined) return undefined;
  const columns = [...new Set(list.flatMap((item) => Object.keys(item)))];
  const cellOf = (part: unknown) =>
    part === undefined || part === null ? "" : typeof part === "object" ? JSON.stringify(part) : String(part);
  const rows = list.map((item) => ({ cells: columns.map((name) => cellOf(item[name])), line: undefined }));
  return { document, columns, rows };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
