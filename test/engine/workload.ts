import { formatScope } from "../../src/ground/scope.ts";
import { agent, globalScope, type StateManager, type StateScope, step, user } from "../../src/index.ts";
import type { ModelChange, StateModel } from "../../src/testing.ts";

/** One call on a store, and what it means. */
export interface Op {
  readonly run: (state: StateManager) => Promise<unknown>;
  readonly mean: (model: StateModel) => void;
  /** The changes it makes where `model` is what is there, as `scope key`, in their order. */
  readonly changes: (model: StateModel) => readonly string[];
}

export const A = agent("a");
export const U = user("u:1");
export const S = step("w/%", "__proto__");
/** Above the limit for a record of its own. */
export const BIG = "x".repeat(20_000);

export function set(scope: StateScope, key: string, value: unknown): Op {
  return {
    run: (state) => state.setWithHooks(scope, key, value),
    mean: (model) => model.set(scope, key, value),
    changes: () => [`${formatScope(scope)} ${key}`],
  };
}
export function batch(changes: readonly ModelChange[]): Op {
  return {
    run: (state) => state.setMany(changes),
    mean: (model) => model.batch(changes),
    changes: (model) =>
      changes
        .filter(({ scope, key, operation }) => operation !== "delete" || model.has(scope, key))
        .map(({ scope, key }) => `${formatScope(scope)} ${key}`),
  };
}
const checkpoint: Op = { run: (state) => state.checkpoint(), mean: () => {}, changes: () => [] };

/** Sets, deletions, batches over scopes, large and rich values, two checkpoints. What is in one list is called at once. */
export const workload: readonly (readonly Op[])[] = [
  [set(globalScope(), "a", 1)],
  [set(A, "plan", { step: 2 }), set(A, "when", new Date(5)), set(A, "plan", { step: 3 })],
  [
    batch([
      { scope: A, key: "k", value: 1 },
      { scope: U, key: "k", value: 2 },
      { scope: S, key: "constructor", value: new Map([[1, { a: 1 }]]) },
      { scope: A, key: "when", operation: "delete" },
    ]),
  ],
  [set(U, "big", BIG)],
  [checkpoint],
  [set(U, "after", true)],
  [
    batch([
      { scope: U, key: "big", operation: "delete" },
      { scope: A, key: "big", value: `${BIG}2` },
      { scope: S, key: "constructor", operation: "delete" },
    ]),
  ],
  [checkpoint],
  [set(A, "last", [1, 2, 3])],
];
