/** What a reader and a writer have in common: a table, the file it points into, and answers from both. */
import type { Capabilities, Entry, Key, KeyRange, ScanOptions } from "../../src/adapter.ts";
import { StateError } from "../../src/adapter.ts";
import type { Place } from "./frame.ts";
import type { Held } from "./held.ts";
import type { Table } from "./table.ts";
import { readValues } from "./values.ts";

/** The engine divides nothing: a frame takes what a commit brings, and refuses what is above its own limit. */
const UNLIMITED = 2 ** 31;
const CHUNK_BYTES = 1024 * 1024;
/** Keys a chunk may hold however small its values are. */
const CHUNK_KEYS = 10_000;

export const CAPABILITIES: Capabilities = Object.freeze({
  atomicity: "batch",
  swap: "shared",
  consistency: "strong",
  durability: "power",
  maxValueBytes: UNLIMITED,
  maxBatch: Object.freeze({ count: UNLIMITED, bytes: UNLIMITED }),
  minPutIntervalMs: 0,
  stalenessMs: 0,
});

/** One moment of the store. Looked at again for each call, because a compaction exchanges both parts together. */
export interface View {
  readonly table: Table;
  /** Absent while there is no log, which is an empty store. */
  readonly held: Held | undefined;
  /** See `LogState.doubt`. */
  readonly doubt: number | undefined;
}

function damaged(path: string, offset: number, what: string, key?: Key): StateError {
  const message = `${path} is damaged at byte ${offset}, and which keys were written there is not known: ${what}.`;
  return new StateError("corrupt", message, { adapter: "filesystem", file: path, offset, key });
}

/** Where a key's value lies; rejects where the newest value may be in a frame that cannot be read. */
function findPlace({ table, held, doubt }: View, key: Key): Place | undefined {
  const place = table.find(key);
  if (doubt !== undefined && held !== undefined && (place === undefined || place.position < doubt)) {
    throw damaged(held.path, doubt, `the current value of ${key} may be among them`, key);
  }
  return place;
}

/** What a store in doubt answers to a write. */
export function refuseWrites({ held, doubt }: View): void {
  if (doubt === undefined || held === undefined) return;
  const message = `${held.path} is damaged at byte ${doubt}. Nothing is written to it until the store is restored.`;
  throw new StateError("read_only", message, { adapter: "filesystem", file: held.path, offset: doubt });
}

export async function readKeys(view: View, keys: readonly Key[]): Promise<(Uint8Array | undefined)[]> {
  const places = keys.map((key) => findPlace(view, key));
  const { held } = view;
  if (held === undefined) return keys.map(() => undefined);
  return held.use((file) => readValues(file, held.path, keys, places));
}

/** The next chunk of the range: its keys are chosen and their places found in one moment. */
async function chunkOf(
  view: View,
  keys: Iterable<Key>,
  options: ScanOptions,
  limit: number,
): Promise<Entry[]> {
  const { keysOnly = false, maxBytes = CHUNK_BYTES } = options;
  const chosen: Key[] = [];
  const places: (Place | undefined)[] = [];
  let bytes = 0;
  for (const key of keys) {
    const place = view.table.find(key);
    const size = keysOnly ? 0 : (place?.length ?? 0);
    if (chosen.length >= Math.min(limit, CHUNK_KEYS) || (chosen.length > 0 && bytes + size > maxBytes)) break;
    chosen.push(key);
    places.push(place);
    bytes += size;
  }
  const { held } = view;
  if (keysOnly || held === undefined) return chosen.map((key) => ({ key, value: new Uint8Array(0) }));
  const values = await held.use((file) => readValues(file, held.path, chosen, places));
  return chosen.map((key, i) => ({ key, value: values[i] ?? new Uint8Array(0) }));
}

/** Scans view after view; `look` gives the current one. */
export async function* scanRange(
  look: () => Promise<View>,
  range: KeyRange,
  options: ScanOptions = {},
): AsyncGenerator<readonly Entry[]> {
  let after: Key | undefined;
  for (let left = range.limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
    options.signal?.throwIfAborted();
    const view = await look();
    const { held, doubt } = view;
    if (doubt !== undefined && held !== undefined) throw damaged(held.path, doubt, "the range may lack some");
    const chunk = await chunkOf(view, view.table.keys(range, after), options, left);
    if (chunk.length === 0) return;
    left -= chunk.length;
    after = chunk.at(-1)?.key;
    yield chunk;
  }
}
