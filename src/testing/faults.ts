import type { Failure } from "../store/store.ts";

/**
 * Something goes wrong at one effect:
 * - `crash-before`, `crash-after`: the program dies just before or just after it lands;
 * - `fail-before`: the commit rejects, and this effect and the later ones do not land;
 * - `fail-after`: this effect lands, the later ones do not, and the commit rejects;
 * - `conflict-unmoved`: the writes land where atomicity is `prefix`, deletions too, but the swap reports a conflict;
 * - `conflict-applied`: all lands, and a conflict is reported all the same.
 * The last two wait for the first commit with a swap from `at` on.
 */
export interface Fault {
  /** Counted over the whole backend, from 1. `backend.effects + 1` is the next. */
  readonly at: number;
  readonly kind: FaultKind;
  /** What the failure is named by the adapter. Default `unavailable`. */
  readonly as?: Failure;
}

export type FaultKind =
  | "crash-before"
  | "crash-after"
  | "fail-before"
  | "fail-after"
  | "conflict-unmoved"
  | "conflict-applied";

export interface Freeze {
  /** Resolves when a writer stands still. */
  readonly reached: Promise<void>;
  /** Lets it go on. */
  thaw(): void;
}

export interface FaultPlan {
  /** How many effects were begun. */
  readonly effects: number;
  add(faults: readonly Fault[]): void;
  freeze(at: number): Freeze;
  /** Numbers the effect that begins, waits while it is frozen, and hands out its fault, once. */
  begin(isSwap: boolean): Promise<Fault | undefined>;
}

export function faultPlan(): FaultPlan {
  let effects = 0;
  let planned: Fault[] = [];
  const freezes = new Map<number, () => Promise<void>>();

  function take(number: number, isSwap: boolean): Fault | undefined {
    const fault = planned.find(({ at, kind }) =>
      kind.startsWith("conflict") ? isSwap && at <= number : at === number,
    );
    if (fault !== undefined) planned = planned.filter((other) => other !== fault);
    return fault;
  }

  return {
    get effects() {
      return effects;
    },
    add(faults) {
      planned.push(...faults);
    },
    freeze(at) {
      const { promise: reached, resolve: reach } = signal();
      const { promise: thawed, resolve: thaw } = signal();
      freezes.set(at, () => {
        reach();
        return thawed;
      });
      return { reached, thaw };
    },
    async begin(isSwap) {
      const number = ++effects;
      await freezes.get(number)?.();
      return take(number, isSwap);
    },
  };
}

function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
