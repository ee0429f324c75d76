import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** The caller's mistake: told in one line, exit code 2. */
export class UsageError extends TypeError {}

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "story"; readonly state: string }
  | { readonly kind: "timeline"; readonly state: string; readonly run: string | undefined }
  | ({ readonly kind: "run" } & RunCommand);

export interface RunCommand {
  readonly state: string;
  /** Undefined: what the plan in the state says, or the READMEs of the installed packages. */
  readonly docs: string | undefined;
  readonly fresh: boolean;
  /** Dies by its own SIGKILL after so many documents. */
  readonly crashAfter: number | undefined;
  /** A rest after each document, in milliseconds, so that a human sees something and can press Ctrl-C. */
  readonly pace: number;
}

/** One folder for each user of the machine. */
const DEFAULT_STATE = join(tmpdir(), `keepstate-demo-${process.getuid?.() ?? "user"}`);
const DEFAULT_PACE = 40;
const MAX_PACE = 60_000;

export const HELP = `An agent that reads documents, and survives being killed.

  npm run demo              the whole story, in less than a minute
  npm run demo -- OPTIONS   one run of the agent; started again, it goes on

  --state DIR       where the agent keeps its state
                    (default: ${DEFAULT_STATE})
  --docs DIR        read the .md and .txt files in DIR
                    (default: the READMEs of the installed packages)
  --crash-after N   kill the agent with SIGKILL after N documents
  --pace MS         rest so long after each document (default: ${DEFAULT_PACE})
  --fresh           forget what the state folder holds and start over
  --timeline [RUN]  print what a run did, from the journal (default: the last run)
  --help            this text

Colours are on in a terminal and with FORCE_COLOR=1, off with NO_COLOR=1.
Exit codes: 0 done, 1 failed, 2 wrong arguments, 130 stopped by Ctrl-C.`;

const OPTIONS = {
  state: { type: "string" },
  docs: { type: "string" },
  "crash-after": { type: "string" },
  pace: { type: "string" },
  timeline: { type: "string" },
  fresh: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Throws `UsageError` for whatever it does not understand. */
export function readArguments(given: readonly string[]): Command {
  const values = parse(given);
  if (values.help) return { kind: "help" };
  const state = folder("--state", values.state) ?? DEFAULT_STATE;
  if (given.length === 0) return { kind: "story", state };
  if (values.timeline !== undefined) {
    for (const other of ["docs", "crash-after", "pace", "fresh"] as const) {
      if (values[other] !== undefined) {
        throw new UsageError(`--timeline only reads, so --${other} does not go with it`);
      }
    }
    return { kind: "timeline", state, run: values.timeline === "" ? undefined : values.timeline };
  }
  return {
    kind: "run",
    state,
    docs: folder("--docs", values.docs),
    fresh: values.fresh ?? false,
    crashAfter: wholeNumber("--crash-after", values["crash-after"], 1, Number.MAX_SAFE_INTEGER),
    pace: wholeNumber("--pace", values.pace, 0, MAX_PACE) ?? DEFAULT_PACE,
  };
}

function parse(given: readonly string[]) {
  // The value of --timeline may be left out, which parseArgs does not know.
  const args = given.map((arg, at) => {
    const next = given[at + 1];
    return arg === "--timeline" && (next === undefined || next.startsWith("-")) ? "--timeline=" : arg;
  });
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [firstSentence = error.message] = error.message.split(/\. |\n/);
    throw new UsageError(firstSentence);
  }
}

function folder(name: string, value: string | undefined): string | undefined {
  if (value === "") throw new UsageError(`${name} needs a folder`);
  // npm runs scripts in the package's folder; what the user typed is meant from where they are.
  return value === undefined ? undefined : resolve(process.env["INIT_CWD"] ?? process.cwd(), value);
}

function wholeNumber(name: string, value: string | undefined, least: number, most: number) {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
  throw new UsageError(`${name} needs a whole number ${range}, not "${value}"`);
}
