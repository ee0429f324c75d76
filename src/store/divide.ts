import { equalBytes } from "../ground/bytes.ts";
import { weigh, weightOf } from "./check.ts";
import type { Batch, CommitOutcome, Key, Store, Swap, Write } from "./store.ts";

interface Group {
  readonly writes: Write[];
  swap?: Swap;
}

/**
 * Commits `batch` as it is where it fits, else in several commits: what the swap makes visible comes before it or
 * with it, deletions come with it or after it. So a commit that is cut short leaves garbage and nothing missing.
 * Divided, a batch is no longer all or nothing; its records must be ones that nobody reads before the swap.
 */
export async function commitDivided(store: Store, batch: Batch): Promise<CommitOutcome> {
  const { maxBatch, consistency } = store.capabilities;
  const { count, bytes } = weigh(batch);
  if (count <= maxBatch.count && bytes <= maxBatch.bytes) return store.commit(batch);

  const { swap } = batch;
  if (swap !== undefined && consistency === "strong") {
    // Spares the writes of a commit that has lost already. The swap itself decides; an old read decides nothing.
    const [current] = await store.get([swap.key]);
    if (!equalBytes(current, swap.from)) return "conflict";
  }
  for (const group of divided(batch, maxBatch)) {
    if ((await store.commit(group)) === "conflict") return "conflict";
  }
  return "committed";
}

function divided({ writes, swap }: Batch, limit: { count: number; bytes: number }): Group[] {
  let group: Group = { writes: [] };
  const groups = [group];
  let [count, bytes] = [0, 0];

  function makeRoom(weight: number): void {
    if (count > 0 && (count + 1 > limit.count || bytes + weight > limit.bytes)) {
      group = { writes: [] };
      groups.push(group);
      [count, bytes] = [0, 0];
    }
    count++;
    bytes += weight;
  }

  function add(write: Write): void {
    makeRoom("put" in write ? weightOf(write.put, write.value) : weightOf(write.delete));
    group.writes.push(write);
  }

  const put = new Set<Key>();
  for (const write of writes) if ("put" in write) put.add(write.put);
  // A key that is also put keeps its place in the order, so that the last write of it wins.
  const waits = (write: Write) => swap !== undefined && "delete" in write && !put.has(write.delete);

  for (const write of writes) if (!waits(write)) add(write);
  if (swap !== undefined) {
    makeRoom(weightOf(swap.key, swap.to));
    group.swap = swap;
  }
  for (const write of writes) if (waits(write)) add(write);
  return groups;
}
