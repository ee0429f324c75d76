/** A store with a story that can be checked: commit n writes batch n, and every state is a number of commits. */
import type { Key, Store } from "../../src/adapter.ts";
import { seededRandom } from "../../src/testing.ts";

export function key(text: string): Key {
  return text as Key;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}

const EVERYTHING = { from: key(""), to: key("~") };
const SLOTS = 7;

/** Numbers from 0 to 1 that a seed repeats. */
export function chance(seed: number): () => number {
  const random = seededRandom(seed);
  return () => random.below(1_000_000) / 1_000_000;
}

/** What a value is filled with; its length varies, so that frames begin anywhere in a sector. */
function filler(n: number, part: string): string {
  return `${n}:${part}:`.padEnd(20 + ((n * 37 + part.length * 11) % 400), ".");
}

/** Batch `n` (from 1): two slots that later batches overwrite, one that a later batch deletes, and the head. */
export function commitNumber(store: Store, n: number): Promise<"committed" | "conflict"> {
  return store.commit({
    writes: [
      { put: key(`slot/${n % SLOTS}`), value: bytes(filler(n, "a")) },
      { put: key(`other/${n % SLOTS}`), value: bytes(filler(n, "b")) },
      { put: key(`brief/${n}`), value: bytes(filler(n, "c")) },
      ...(n > 3 ? [{ delete: key(`brief/${n - 3}`) }] : []),
    ],
    swap: { key: key("head"), from: n === 1 ? undefined : bytes(`${n - 1}`), to: bytes(`${n}`) },
  });
}

/** Everything after `n` commits, as `contentOf` gives it. */
export function contentAfter(n: number): Map<string, string> {
  const content = new Map<string, string>();
  if (n > 0) content.set("head", `${n}`);
  for (let i = Math.max(1, n - SLOTS + 1); i <= n; i++) {
    content.set(`slot/${i % SLOTS}`, filler(i, "a"));
    content.set(`other/${i % SLOTS}`, filler(i, "b"));
    if (i > n - 3) content.set(`brief/${i}`, filler(i, "c"));
  }
  return content;
}

/** Each chunk is of one moment; what a writer is at work on is to be looked at by the first, which holds all there is. */
export async function contentOf(
  store: Store,
  chunks = Number.POSITIVE_INFINITY,
): Promise<Map<string, string>> {
  const content = new Map<string, string>();
  let left = chunks;
  for await (const chunk of store.scan(EVERYTHING)) {
    for (const entry of chunk) content.set(entry.key, text(entry.value) ?? "");
    if (--left === 0) break;
  }
  return content;
}

export async function commitsIn(store: Store): Promise<number> {
  const [head] = await store.get([key("head")]);
  return Number(text(head) ?? 0);
}

/** Keys that any of the first `n` commits has written. */
export function keysUpTo(n: number): Key[] {
  const keys = new Set<string>(["head"]);
  for (let i = 1; i <= n; i++)
    keys
      .add(`slot/${i % SLOTS}`)
      .add(`other/${i % SLOTS}`)
      .add(`brief/${i}`);
  return [...keys].map(key);
}
