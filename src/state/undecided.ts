import type { DraftChange } from "./draft.ts";
import { tell } from "./watch.ts";

/** What was acknowledged stays visible while it is decided again. To be called in order: later changes cover earlier ones. */
export function keepShowing(changes: readonly DraftChange[]): void {
  for (const { view, key, slot } of changes) {
    view.undecided ??= new Map();
    view.undecided.set(key, slot);
  }
}

/** They are decided: what they show is queued now, or gone. */
export function stopShowing(changes: readonly DraftChange[]): void {
  for (const { view, key, slot } of changes) {
    if (view.undecided?.get(key) !== slot) continue;
    view.undecided.delete(key);
    if (view.undecided.size === 0) view.undecided = undefined;
  }
}

/** Tells those who watch the keys, but for those where a change that comes later is what is shown. */
export function tellUncovered(changes: readonly DraftChange[]): void {
  tell([{ changes: changes.filter(({ view, key }) => view.undecided?.has(key) !== true) }]);
}
