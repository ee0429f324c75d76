/** What the mind sees of the agent's state, and how its keys are named. */

export interface Memory {
  get(key: string): unknown;
  keys(): readonly string[];
}

/** A change that an answer asks for. Without a value: away with it. */
export interface Write {
  readonly key: string;
  readonly value?: unknown;
}

export interface Reply {
  readonly text: string;
  readonly writes: readonly Write[];
}

export type Kind = "facts" | "notes" | "counts" | "messages";

export const PLAN = "plan";

export interface Fact {
  readonly subject: string;
  readonly value: string;
}

export interface Plan {
  readonly goal: string;
  readonly steps: readonly { readonly text: string; readonly done: boolean }[];
}

/** A key has at most 256 bytes, and a letter up to four. */
const MOST_LETTERS = 48;

/** Numbers are padded, so that the order of keys is theirs. */
export function keyOf(kind: Kind, name: string | number): string {
  if (typeof name === "number") return `${kind}/${String(name).padStart(6, "0")}`;
  return `${kind}/${[...name.toLowerCase()].slice(0, MOST_LETTERS).join("")}`;
}

export function entriesOf<T>(memory: Memory, kind: Kind): readonly (readonly [name: string, value: T])[] {
  const keys = memory.keys().filter((key) => key.startsWith(`${kind}/`));
  return keys.sort().map((key) => [key.slice(kind.length + 1), memory.get(key) as T]); // the mind alone writes them
}

export function said(text: string, ...writes: readonly Write[]): Reply {
  return { text, writes };
}
