import { stripVTControlCharacters } from "node:util";

const { env, stdout } = process;
const isTerminal = stdout.isTTY === true && env["TERM"] !== "dumb";
/** NO_COLOR has the last word, as no-color.org asks. */
const hasColours = !env["NO_COLOR"] && (env["FORCE_COLOR"] ? env["FORCE_COLOR"] !== "0" : isTerminal);

const NARROWEST = 60;
const WIDEST = 110;
/** Columns that text may take. Where it does not go to a terminal, those of the usual one. */
export const width = Math.min(Math.max((isTerminal && stdout.columns) || 80, NARROWEST), WIDEST);

const colour = (code: number) => (text: string) => (hasColours ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = colour(1);
export const dim = colour(2);
export const red = colour(31);
export const green = colour(32);
export const yellow = colour(33);
export const cyan = colour(36);

/** Reads well as a count: `1 document`, `1,204 words`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

/** What documents say is not the terminal's business: no control characters, no more than fits. */
export function clip(text: string, most: number): string {
  const clean = stripVTControlCharacters(text).replace(/\p{Cc}+/gu, " ");
  return clean.length <= most ? clean : `${clean.slice(0, most - 1)}…`;
}

export function heading(text: string): void {
  console.log(`\n${bold(cyan(text))}\n${dim("─".repeat(Math.min(text.length, width)))}`);
}

/** A paragraph, broken at the width. */
export function say(text: string): void {
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= width) {
      console.log(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  console.log(line);
}

/** Columns as wide as their cells; what does not fit is cut from the last one. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((name, at) =>
    Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    clip(cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "), width).trimEnd();
  console.log(dim(line(headings)));
  for (const row of rows) {
    const text = line(row);
    console.log(text.includes("VETO") ? red(text) : text.includes("modify") ? yellow(text) : text);
  }
}

export interface Progress {
  /** The document that is begun now. */
  begin(done: number, document: string): void;
  /** The document that is done. A remark about it stays. */
  finish(done: number, document: string, remark?: string): void;
  /** The bar stays as it is then. */
  end(done: number): void;
}

const BAR = 24;
/** Not on a terminal every line stays; a long way is then told by every so many documents. */
const LINES = 12;

/** A bar that moves on a terminal, lines elsewhere. */
export function progress(total: number): Progress {
  const digits = String(total).length;
  const place = (done: number) => `${String(done).padStart(digits)}/${total}`;
  const clear = () => isTerminal && stdout.write("\r\x1b[2K");
  const bar = (done: number) => {
    const filled = Math.round((BAR * done) / total);
    return `  ${green("█".repeat(filled))}${dim("░".repeat(BAR - filled))} ${place(done)}`;
  };
  const every = Math.ceil(total / LINES);
  return {
    begin(done, document) {
      if (!isTerminal) return;
      const name = clip(document, width - BAR - 2 * digits - 12);
      clear();
      stdout.write(`${bar(done)}  ${dim(name)}`);
    },
    finish(done, document, remark) {
      const isDue = !isTerminal && (done % every === 0 || done === total);
      if (remark === undefined && !isDue) return;
      clear();
      console.log(`  ${place(done)}  ${remark ?? clip(document, width - 2 * digits - 6)}`);
    },
    end(done) {
      clear();
      if (isTerminal) console.log(bar(done));
    },
  };
}
