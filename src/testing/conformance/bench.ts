/** What a case works with: stores as the engine sees them, opened behind the guard and closed when the case ends. */
import { utf8 } from "../../ground/bytes.ts";
import { guard } from "../../store/guard.ts";
import type {
  CommitOutcome,
  Entry,
  Key,
  KeyRange,
  ScanOptions,
  Store,
  Swap,
  Write,
} from "../../store/store.ts";
import { checkSame } from "./check.ts";
import type { StoreNamespace, StoreTraits } from "./fixture.ts";

/** The traits with all defaults in place. No case depends on durability, so it stays what the fixture said. */
export type KnownTraits = Required<Omit<StoreTraits, "skip" | "durability">> &
  Pick<StoreTraits, "durability">;

export interface CaseDefinition {
  readonly name: string;
  /** Why a store of such traits cannot be asked this. */
  readonly skip?: (traits: KnownTraits) => string | undefined;
  readonly run: (bench: Bench) => Promise<void>;
}

export interface Bench {
  readonly traits: KnownTraits;
  readonly namespace: StoreNamespace;
  open(opening?: { readOnly?: boolean; signal?: AbortSignal }): Promise<Store>;
  /** Another writer: from another program where the fixture has one. */
  openAnother(): Promise<Store>;
  /** Waits until all that was committed is visible. */
  settle(): Promise<void>;
  /** Commits, expects that it lands, and settles. */
  write(store: Store, writes: readonly Write[], swap?: Swap): Promise<void>;
  read(store: Store, key: Key): Promise<Uint8Array | undefined>;
}

export async function withBench(
  namespace: StoreNamespace,
  traits: KnownTraits,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  const opened: Store[] = [];

  async function keep(opening: Promise<Store>): Promise<Store> {
    const store = await opening;
    opened.push(store);
    return store;
  }

  const settle = async () => namespace.settle?.();
  const bench: Bench = {
    traits,
    namespace,
    settle,
    open: (opening = {}) => keep(guard(namespace.adapter, { readOnly: false, ...opening })),
    openAnother: () => keep(guard(namespace.another?.() ?? namespace.adapter, { readOnly: false })),
    async write(store, writes, swap) {
      checkSame(
        await store.commit({ writes, ...(swap && { swap }) }),
        "committed" satisfies CommitOutcome,
        "a commit",
      );
      await settle();
    },
    async read(store, key) {
      const values = await store.get([key]);
      checkSame(values.length, 1, "results of a get of one key");
      return values[0];
    },
  };

  const [outcome] = await Promise.allSettled([body(bench)]);
  const closings = await Promise.allSettled(opened.map((store) => store.close()));
  await namespace.dispose();
  // The case's own failure says more than what it led to.
  for (const ended of [outcome, ...closings]) if (ended.status === "rejected") throw ended.reason;
}

/** Keys of the tests are written as literals from the alphabet; the guard checks them. */
export function key(text: string): Key {
  return text as Key;
}

/** A turn for timers and I/O: reads that are answered from memory must not starve a writer that waits for a disk. */
export function turn(ms = 0): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

export function put(name: string, value: string | Uint8Array): Write {
  return { put: key(name), value: typeof value === "string" ? utf8(value) : value };
}

export function remove(name: string): Write {
  return { delete: key(name) };
}

export function swapOf(name: string, from: string | undefined, to: string): Swap {
  return { key: key(name), from: from === undefined ? undefined : utf8(from), to: utf8(to) };
}

/** Above every key: "~" is the last character of the alphabet and no test key begins with it. */
export const EVERYTHING: KeyRange = { from: key(""), to: key("~") };

export async function scanChunks(
  store: Store,
  range: KeyRange = EVERYTHING,
  options?: ScanOptions,
): Promise<(readonly Entry[])[]> {
  const chunks: (readonly Entry[])[] = [];
  for await (const chunk of store.scan(range, options)) chunks.push(chunk);
  return chunks;
}

export async function scanAll(store: Store, range?: KeyRange, options?: ScanOptions): Promise<Entry[]> {
  return (await scanChunks(store, range, options)).flat();
}

export async function scanKeys(store: Store, range?: KeyRange): Promise<string[]> {
  return (await scanAll(store, range, { keysOnly: true })).map((entry) => entry.key);
}

/** All that is stored, as text that two dumps can be compared by. */
export async function dump(store: Store): Promise<string> {
  return (await scanAll(store)).map((entry) => `${entry.key}=${[...entry.value].join(",")}`).join("\n");
}
