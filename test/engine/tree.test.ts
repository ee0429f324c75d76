import { describe, expect, it } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { REVISION_ZERO, type Revision, revisionAt } from "../../src/ground/revision.ts";
import { derivedKey } from "../../src/journal/keys.ts";
import { entries, leaves, lookup, namesSince, type TreeRoot } from "../../src/journal/tree.ts";
import type { TreeEntry } from "../../src/journal/tree-node.ts";
import { applyToTree, type TreeChange } from "../../src/journal/tree-write.ts";
import type { Key, Store } from "../../src/store/store.ts";
import { seededRandom } from "../../src/testing.ts";

/** A tree in a store, changed step by step as checkpoints do it. */
function forest(store: Store) {
  let root: TreeRoot = null;
  let mint: Revision = REVISION_ZERO;
  const live = new Set<Key>();
  return {
    get root() {
      return root;
    },
    live,
    async apply(changes: readonly TreeChange[]): Promise<void> {
      mint = revisionAt(mint, 1);
      let made = 0;
      const work = {
        name: (isRoot: boolean) => derivedKey(isRoot ? "s" : "b", mint, made++),
        written: new Map<Key, Uint8Array>(),
        superseded: [] as Key[],
      };
      root = await applyToTree(store, root, changes, work);
      await store.commit({ writes: [...work.written].map(([put, value]) => ({ put, value })) });
      for (const key of work.written.keys()) live.add(key);
      for (const key of work.superseded) {
        expect(live.delete(key), `${key} is put out of use once`).toBe(true);
      }
      await store.commit({ writes: work.superseded.map((key) => ({ delete: key })) });
    },
  };
}

async function all(store: Store, root: TreeRoot): Promise<TreeEntry[]> {
  const found: TreeEntry[] = [];
  for await (const entry of entries(store, root)) found.push(entry);
  return found;
}

function entry(key: string, size: number): TreeEntry {
  const text = JSON.stringify("x".repeat(size));
  return { key, revision: REVISION_ZERO, expiresAt: undefined, value: { format: 0, text, parts: [] } };
}

const byKey = ([a]: TreeChange, [b]: TreeChange): number => (a < b ? -1 : 1);

describe("a tree of blocks", () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`is a sorted map under random changes, and leaves nothing behind (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const store = await memory().open({ readOnly: false });
      const tree = forest(store);
      const model = new Map<string, TreeEntry>();
      const keyOf = () => random.pick(["", "a", "a:", "é", "😀", "__proto__", "~"]) + random.below(3000);
      for (let round = 0; round < 40; round++) {
        const isShrinking = round % 10 >= 6;
        const changes = new Map<string, TreeEntry | undefined>();
        const count = random.pick([1, 5, 100, 400]);
        for (let i = 0; i < count; i++) {
          const known = [...model.keys()];
          const key = isShrinking && known.length > 0 ? random.pick(known) : keyOf();
          const isGone = random.chance(isShrinking ? 0.95 : 0.2);
          changes.set(key, isGone ? undefined : entry(key, random.pick([0, 3, 40, 300, 12_000])));
        }
        if (round % 10 === 9) for (const key of model.keys()) changes.set(key, undefined);
        await tree.apply([...changes].sort(byKey));
        for (const [key, value] of changes) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
        const sorted = [...model.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
        expect(await all(store, tree.root)).toEqual(sorted);
        const reached = new Set<string>();
        for await (const { name, isEntry } of namesSince(store, tree.root, () => true))
          if (!isEntry) reached.add(name);
        expect(reached).toEqual(tree.live);
        const probe = random.chance(0.5) ? keyOf() : (sorted.at(random.below(sorted.length || 1))?.key ?? "");
        expect(await lookup(store, tree.root, probe)).toEqual(model.get(probe));
        const from = keyOf();
        const part: string[] = [];
        for await (const { key } of entries(store, tree.root, from, `${from}~`)) part.push(key);
        expect(part).toEqual(sorted.map((e) => e.key).filter((key) => key >= from && key < `${from}~`));
      }
      expect(tree.root).toBeNull();
    });
  }

  it("keeps its blocks near their size while it grows and shrinks", async () => {
    const store = await memory().open({ readOnly: false });
    const tree = forest(store);
    const keys = Array.from({ length: 6000 }, (_, i) => `k${String(i).padStart(6, "0")}`);
    for (let at = 0; at < keys.length; at += 500)
      await tree.apply(keys.slice(at, at + 500).map((key) => [key, entry(key, 30)]));
    const count = async () => {
      let blocks = 0;
      for await (const _ of leaves(store, tree.root)) blocks++;
      return blocks;
    };
    expect(await count()).toBeLessThan(60);
    await tree.apply(keys.filter((_, i) => i % 50 !== 0).map((key) => [key, undefined]));
    expect((await all(store, tree.root)).map((e) => e.key)).toEqual(keys.filter((_, i) => i % 50 === 0));
    expect(await count()).toBeLessThan(6);
  });

  it("copies only what a change touches", async () => {
    const store = await memory().open({ readOnly: false });
    const tree = forest(store);
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${String(i).padStart(6, "0")}`);
    await tree.apply(keys.map((key) => [key, entry(key, 100)]));
    const before = new Set(tree.live);
    expect(before.size).toBeGreaterThan(100);
    await tree.apply([[keys[777] ?? "", entry(keys[777] ?? "", 5)]]);
    expect([...tree.live].filter((key) => !before.has(key)).length).toBeLessThanOrEqual(3);
  });
});
