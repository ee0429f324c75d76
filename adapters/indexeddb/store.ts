import {
  type Capabilities,
  type Entry,
  type KeyRange,
  type ScanOptions,
  StateError,
  type Store,
} from "../../src/adapter.ts";
import { type Announcer, announcer } from "../shared/announce.ts";
import type { Connection } from "./connection.ts";
import { commitIn, entriesOf, getFrom } from "./records.ts";

const MEBIBYTE = 1024 * 1024;

/** Entries asked for at once: at first, when nobody knows how large they are, and at most. */
const FEW = 16;
const MANY = 128;
const MANY_KEYS = 4096;

export interface Opened {
  readonly connection: Connection;
  readonly capabilities: Capabilities;
  readonly readOnly: boolean;
  /** Of the channel by which stores of the same data tell each other of commits. */
  readonly channel: string;
}

export function storeOn({ connection, capabilities, readOnly, channel }: Opened): Store {
  let opened: Announcer | undefined;
  const others = () => (opened ??= announcer(channel));

  return {
    capabilities,
    async get(keys, signal) {
      signal?.throwIfAborted();
      const found = await connection.run("readonly", (records) => getFrom(records, keys));
      return found ?? keys.map(() => undefined);
    },
    scan: (range, options) => scan(connection, range, options),
    async commit(batch) {
      if (readOnly)
        throw new StateError("read_only", "The store was opened read-only.", { adapter: "indexeddb" });
      if (opened?.held !== undefined) await opened.held;
      const outcome = await connection.run("readwrite", (records) => commitIn(records, batch));
      if (outcome === "committed") others()?.tell();
      return outcome ?? "conflict"; // a connection for writing always has a database
    },
    async close() {
      connection.close();
      opened?.close();
    },
    ...(typeof BroadcastChannel === "function" && {
      watch: (onChange) => others()?.listen(onChange) ?? (() => {}),
      plead: (ms) => others()?.plead(ms),
    }),
  };
}

/** Bulk reads, each a transaction of its own; how many entries the next one asks for follows from the sizes seen. */
async function* scan(
  connection: Connection,
  { from, to, reverse = false, limit = Number.POSITIVE_INFINITY }: KeyRange,
  { keysOnly = false, maxBytes = MEBIBYTE, signal }: ScanOptions = {},
): AsyncGenerator<readonly Entry[]> {
  let stretch = { from, to, isAfter: false, count: keysOnly ? MANY_KEYS : FEW };
  let left = limit;
  while (left > 0 && stretch.from < stretch.to) {
    signal?.throwIfAborted();
    const asked = { ...stretch, count: Math.min(stretch.count, left) };
    const found = await connection.run("readonly", (records) =>
      entriesOf(records, asked, { reverse, keysOnly }),
    );
    const last = found?.at(-1);
    if (found === undefined || last === undefined) return;
    yield* chunks(found, maxBytes);
    if (found.length < asked.count) return;
    left -= found.length;
    stretch = reverse ? { ...stretch, to: last.key } : { ...stretch, from: last.key, isAfter: true };
    if (!keysOnly) stretch.count = fitting(found, maxBytes);
  }
}

function fitting(seen: readonly Entry[], maxBytes: number): number {
  const bytes = seen.reduce((sum, { value }) => sum + value.length, 0);
  return Math.min(MANY, Math.max(1, Math.floor((maxBytes * seen.length) / bytes)));
}

function* chunks(entries: readonly Entry[], maxBytes: number): Generator<readonly Entry[]> {
  let begin = 0;
  let bytes = 0;
  for (const [at, { value }] of entries.entries()) {
    if (at > begin && bytes + value.length > maxBytes) {
      yield entries.slice(begin, at);
      [begin, bytes] = [at, 0];
    }
    bytes += value.length;
  }
  yield entries.slice(begin);
}
