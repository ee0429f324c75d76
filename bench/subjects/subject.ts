/** What is measured: a store behind one small interface, with an honest word on what it promises. */

import type { Entry, Value } from "../values.ts";

export interface Subject {
  readonly name: string;
  /** A set that was acknowledged survives a power loss. */
  readonly durable: boolean;
  /** Every change can still be read later, not only the latest value. */
  readonly history: boolean;
  /** One line: how it is set up, and what it leaves out. */
  readonly note: string;
  /** What `open` imports; a cold process imports it before the clock starts, and reports it apart. */
  readonly imports?: readonly string[];
  /** `dir` exists; the same directory opens the same store again. */
  open(dir: string): Promise<Opened>;
}

export interface Opened {
  /** Resolves when the store acknowledges it. Stores that block return nothing. */
  set(key: string, value: Value): Promise<unknown> | undefined;
  /** The store's own way to write many at once. */
  setMany(list: readonly Entry[]): Promise<unknown> | undefined;
  get(key: string): Value | undefined | Promise<Value | undefined>;
  /** Reads every value. */
  load(): Promise<Loaded>;
  /** Reads every change from the oldest on and says how many; only where history is kept. */
  changes?(): Promise<number>;
  close(): Promise<void>;
}

export interface Loaded {
  readonly count: number;
  /** What a program must keep so that it can read any value at once. */
  readonly hold: unknown;
}

export function held(map: ReadonlyMap<string, Value>): Loaded {
  return { count: map.size, hold: map };
}
