import type { Batch, CommitOutcome, Key, StorageAdapter } from "../../src/adapter.ts";
import { type Capabilities, StateError } from "../../src/adapter.ts";
import { commitInOrder, scanInOrder } from "../shared/key-value.ts";
import { checkOptions } from "../shared/options.ts";
import { type KvItems, kvItems } from "./items.ts";
import type { KvNamespaceLike } from "./namespace.ts";
import { type Pointers, pointersOf } from "./pointers.ts";

export interface CloudflareKvOptions {
  /** What keepstate's keys begin with, followed by "/". Default `keepstate`. 1 to 64 of `a-z 0-9 _ -`. */
  readonly prefix?: string;
  /**
   * How old a read may be, in milliseconds; deletions wait twice as long. Default 60,000. The platform says "60 seconds
   * or more": more costs nothing but room.
   */
  readonly stalenessMs?: number;
  /**
   * How long after opening the first commit comes at the earliest, in milliseconds, unless this adapter wrote the head
   * within twice the staleness. Default `stalenessMs`: whatever a program that has ended wrote can then be seen, and is
   * built on. 0 for a new namespace, for tests, and for who knows that nobody wrote for so long; else a commit that was
   * acknowledged before may end beside the journal. Opening and reading never wait.
   */
  readonly settleMs?: number;
}

const MEBIBYTE = 1024 * 1024;
const STALENESS_MS = 60_000;
/** Timers take what is longer for no time at all. */
const LONGEST_MS = 2 ** 31 - 1;
const OPTIONS = ["prefix", "stalenessMs", "settleMs"];
const EXAMPLE = 'cloudflareKv(env.MY_KV, { prefix: "my-app" })';
const PREFIX = /^[a-z0-9_-]{1,64}$/;

/**
 * An **eventually consistent** store in a Workers KV namespace, for state that is read in many places and written in
 * one: a read tier, an archive, a place for backups. Readers elsewhere see a change up to a minute later, or more.
 *
 * Not for two writers: KV has no comparison, and the last put wins. Opening for writing needs
 * `require: { singleWriter: true }`; any number may open it `readOnly`. Where agents write at the same time, keep their
 * state in a Durable Object. KV takes one put a second for each key, so commits are gathered to one a second.
 *
 * Reads of what is not visible yet reject with `stale`; try again later.
 *
 * @param namespace the binding, `env.MY_KV`. Keep the adapter for as long as you write: it knows what it wrote last.
 *
 * @example
 * const state = await StateManager.open({ storage: cloudflareKv(env.STATE), require: { readOnly: true } });
 */
export function cloudflareKv(namespace: KvNamespaceLike, options: CloudflareKvOptions = {}): StorageAdapter {
  check(namespace, options);
  const { prefix = "keepstate", stalenessMs = STALENESS_MS, settleMs = stalenessMs } = options;
  const capabilities = capabilitiesFor(stalenessMs);
  const pointers = pointersOf(2 * stalenessMs);
  const items = withPointers(kvItems(namespace, prefix), pointers);
  let line: Promise<unknown> = Promise.resolve();

  /** One commit at a time in this program, and what becomes of a pointer is remembered. */
  function commit(batch: Batch): Promise<CommitOutcome> {
    const turn = line.then(() => commitInOrder(items, batch));
    line = turn.catch(() => {
      /* whoever committed is told */
    });
    return turn;
  }

  return {
    name: "cloudflare-kv",
    async open({ readOnly, signal }) {
      signal?.throwIfAborted();
      const settling = settlingAfter(settleMs, pointers);
      return {
        capabilities,
        async get(keys, aborted) {
          aborted?.throwIfAborted();
          return items.getAll(keys);
        },
        scan(range, how) {
          const beginning = commonBeginning(range.from, range.to);
          return scanInOrder({ ...items, keys: () => items.keysBelow(beginning) }, range, how);
        },
        async commit(batch) {
          if (readOnly) throw new StateError("read_only", "This store was opened read-only.");
          if (batch.swap !== undefined) await settling.before(batch.swap.key);
          if (batch.swap !== undefined) pointers.follow(batch.swap.key);
          return commit(batch);
        },
        async close() {
          await settling.done();
          await line;
        },
      };
    },
  };
}

/**
 * Holds the first commit of an opening back until KV shows what others wrote before it. Not in the line of commits: who
 * waits there may be a request that is cut off, and no other would have its turn.
 */
function settlingAfter(settleMs: number, pointers: Pointers) {
  const until = performance.now() + settleMs;
  let isSettled = false;
  let waiting: Promise<unknown> = Promise.resolve();
  return {
    async before(key: Key): Promise<void> {
      const left = until - performance.now();
      if (!isSettled && left > 0 && !pointers.remembers(key)) {
        const wait = new Promise((resolve) => setTimeout(resolve, left));
        waiting = Promise.all([waiting, wait]);
        await wait;
      }
      isSettled = true;
    },
    /** Nobody waits any more. */
    done: () => waiting,
  };
}

function capabilitiesFor(stalenessMs: number): Capabilities {
  return Object.freeze({
    atomicity: "prefix",
    swap: "local",
    consistency: "eventual",
    durability: "power",
    // KV takes 25 MiB, of which base64 takes a quarter, and many values are held at once.
    maxValueBytes: 8 * MEBIBYTE,
    // An invocation may do 1000 operations.
    maxBatch: Object.freeze({ count: 500, bytes: 16 * MEBIBYTE }),
    minPutIntervalMs: 1000,
    stalenessMs,
  });
}

/** What this program wrote as a pointer goes before what KV shows. */
function withPointers(items: KvItems, pointers: Pointers): KvItems {
  const { get, set, remove, getAll } = items;
  return {
    ...items,
    get: async (key) => pointers.newest(key) ?? pointers.judge(key, await get(key)),
    set: (key, value) => pointers.during(key, value, () => set(key, value)),
    remove: (key) => pointers.during(key, undefined, () => remove(key)),
    async getAll(keys) {
      const newest = keys.map(pointers.newest);
      const asked = keys.filter((_, i) => newest[i] === undefined);
      const found = await getAll(asked);
      return keys.map((key, i) => newest[i] ?? pointers.judge(key, found.shift()));
    },
  };
}

/** KV lists by beginnings only. */
function commonBeginning(from: Key, to: Key): string {
  let length = 0;
  while (length < from.length && from[length] === to[length]) length++;
  return from.slice(0, length);
}

function check(namespace: KvNamespaceLike, options: CloudflareKvOptions): void {
  if (typeof namespace?.list !== "function") {
    throw new TypeError("cloudflareKv() takes a KV namespace: cloudflareKv(env.MY_KV)");
  }
  checkOptions(EXAMPLE, options, OPTIONS);
  const { prefix, stalenessMs = STALENESS_MS, settleMs = 0 } = options;
  if (prefix !== undefined && !(typeof prefix === "string" && PREFIX.test(prefix))) {
    throw new TypeError(`cloudflareKv(): prefix is 1 to 64 of a-z 0-9 _ -, such as ${EXAMPLE}`);
  }
  for (const [option, ms, least] of [
    ["stalenessMs", stalenessMs, STALENESS_MS],
    ["settleMs", settleMs, 0],
  ] as const) {
    if (!(Number.isSafeInteger(ms) && ms >= least && ms <= LONGEST_MS)) {
      throw new TypeError(`cloudflareKv(): ${option} is a whole number from ${least} to ${LONGEST_MS}`);
    }
  }
}
