/** A store in the page, behind one small interface. What it promises is said in ../../workloads/browser.ts. */

import type { Entry, Value } from "../../values.ts";

export type { Entry, Value };

export interface PageSubject {
  readonly name: string;
  open(database: string): Promise<Opened>;
}

export interface Opened {
  /** Resolves when the store acknowledges it. */
  set(key: string, value: Value): Promise<unknown>;
  /** The store's own way to write many at once. */
  setMany(list: readonly Entry[]): Promise<unknown>;
  get(key: string): unknown;
  /** Brings everything into memory, so that every value can be had at once, and says how many there are. */
  load(): Promise<number>;
  close(): Promise<void> | void;
}
