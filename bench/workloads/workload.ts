/** What a workload is made of: sections of rows, measured side by side, and the bars they must meet. */

import type { Scratch } from "../scratch.ts";
import type { Opened, Subject } from "../subjects/subject.ts";

export interface Workload {
  /** As in `npm run bench -- P2`. */
  readonly id: string;
  readonly title: string;
  sections(context: Context): readonly Section[];
}

export interface Context {
  readonly quick: boolean;
  readonly withPeers: boolean;
  readonly scratch: Scratch;
  has(subject: Subject): boolean;
  /** Those of the list that work here, in its order. */
  those(...subjects: readonly Subject[]): readonly Subject[];
}

/** Rows measured in turn within the same rounds, so that noise meets them all alike. */
export interface Section {
  readonly title: string;
  /** Of the main figure; lower is better. */
  readonly unit: string;
  readonly rows: readonly Row[];
  /** The row whose median is 1.00 in the table. */
  readonly limit?: string;
  readonly bars: readonly Bar[];
  /** Further figures of a sample, shown by their median. */
  readonly columns?: readonly string[];
  /** Sizes, for the record. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Instead of the usual number; for heavy sections. */
  readonly rounds?: number;
}

export interface Row {
  readonly name: string;
  readonly durable: boolean;
  readonly history: boolean;
  readonly note: string;
  /** The row its ratio is to, instead of the section's limit. */
  readonly base?: string;
  /** Once, before the first round; not measured. */
  setup?(): Promise<void>;
  sample(): Promise<Sample>;
  /** Once, after the last round. */
  teardown?(): Promise<void>;
}

/** `value` is the main figure; the others belong to `columns`. */
export type Sample = { readonly value: number } & Readonly<Record<string, number>>;

/** An upper bound: of a row's median, or of its ratio to the median of another row. */
export interface Bar {
  readonly row: string;
  readonly atMost: number;
  readonly of?: string;
  /** Another figure than `value`. */
  readonly column?: string;
}

/** A row of the same name and promises as its subject. */
export function rowOf(subject: Subject, sample: () => Promise<Sample>, suffix = ""): Row {
  const { name, durable, history, note } = subject;
  return { name: name + suffix, durable, history, note, sample };
}

/** A row whose store is opened once and keeps growing; `round` counts the samples, for values that are new each time. */
export function openRowOf(
  subject: Subject,
  open: () => Promise<Opened>,
  sample: (store: Opened, round: number) => Promise<Sample>,
  suffix: string,
): Row {
  let store: Opened | undefined;
  let round = 0;
  const next = async () => {
    if (store === undefined) throw new TypeError("A sample before its setup");
    return sample(store, ++round);
  };
  return {
    ...rowOf(subject, next, suffix),
    async setup() {
      store = await open();
    },
    teardown: async () => store?.close(),
  };
}
