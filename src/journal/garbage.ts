import type { Revision } from "../ground/revision.ts";
import { fence } from "./append.ts";
import type { JournalState } from "./state.ts";

/**
 * Deletes what no pointer leads to, once the head was moved after the checkpoint: a writer that begins a new epoch from
 * an older checkpoint loses its swap then, so nobody will lead to these records again. Readers of an eventual store may
 * still follow old pointers: there, records wait twice the store's staleness.
 */
export async function collect(state: JournalState, epoch: Revision): Promise<void> {
  const { consistency, stalenessMs } = state.store.capabilities;
  const elapsed = state.ports.clock.elapsed();
  const isRipe = ({ since }: { since: number }) =>
    consistency === "strong" || elapsed - since >= 2 * stalenessMs;
  const ripe = state.garbage.filter(isRipe);
  if (ripe.length === 0 || !(await state.turn.run(() => fence(state, epoch)))) return;
  const keys = ripe.flatMap((garbage) => garbage.keys);
  await state.store.commit({ writes: keys.map((key) => ({ delete: key })) });
  state.garbage = state.garbage.filter((garbage) => !ripe.includes(garbage));
}
