import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  agent,
  formatScope,
  globalScope,
  type StateChangeData,
  type StateManager,
  type StateScope,
  type WriteResult,
} from "../../src/index.ts";
import { degraded, type FaultKind, profiles } from "../../src/testing.ts";
import { open } from "./world.ts";

/** Scopes and keys are few, so that writes meet. */
const scope: fc.Arbitrary<StateScope> = fc.constantFrom(globalScope(), agent("a"), agent("b"));
const key = fc.constantFrom("x", "y", "z");
const value = fc.oneof(fc.integer({ min: 0, max: 99 }), fc.constant("text".repeat(20)));

type Op =
  | { kind: "set" | "setWithHooks"; scope: StateScope; key: string; value: unknown }
  | { kind: "delete"; scope: StateScope; key: string }
  | { kind: "increment"; scope: StateScope; key: string }
  | { kind: "batch"; changes: readonly { scope: StateScope; key: string; value: unknown }[] }
  | { kind: "clear"; scope: StateScope };
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("set" as const, "setWithHooks" as const),
      scope,
      key,
      value,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant("delete" as const), scope, key }),
      fc.record({ kind: fc.constant("increment" as const), scope, key }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("batch" as const),
      changes: fc.array(fc.record({ scope, key, value }), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const), scope }) },
);
const fault: fc.Arbitrary<FaultKind | undefined> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<FaultKind>(
      "fail-before",
      "fail-after",
      "conflict-unmoved",
      "conflict-applied",
    ),
  },
);
const step = fc.record({
  ops: fc.array(op, { minLength: 1, maxLength: 5 }),
  fault,
  after: fc.constantFrom("nothing", "nothing", "nothing", "checkpoint", "reopen"),
});

const plusOne = (old: unknown) => (typeof old === "number" ? old + 1 : 0);

/** What a plain Map makes of it. */
function apply(model: Map<string, unknown>, one: Op): void {
  const at = (s: StateScope, k: string) => `${formatScope(s)} ${k}`;
  if (one.kind === "clear") {
    for (const place of model.keys()) if (place.startsWith(`${formatScope(one.scope)} `)) model.delete(place);
  } else if (one.kind === "batch") for (const c of one.changes) model.set(at(c.scope, c.key), c.value);
  else if (one.kind === "delete") model.delete(at(one.scope, one.key));
  else if (one.kind === "increment")
    model.set(at(one.scope, one.key), plusOne(model.get(at(one.scope, one.key))));
  else model.set(at(one.scope, one.key), one.value);
}

/** Begins in the same step as the call, because the handles are open already. */
function run(state: StateManager, handles: Handles, one: Op): Promise<WriteResult> {
  if (one.kind === "batch") {
    return state.batch((tx) => {
      for (const c of one.changes) tx.set(c.scope, c.key, c.value);
    });
  }
  const handle = handles.get(formatScope(one.scope)) as Awaited<ReturnType<StateManager["scope"]>>;
  if (one.kind === "clear") return handle.clear();
  if (one.kind === "delete") return handle.delete(one.key);
  if (one.kind === "increment") return handle.update(one.key, plusOne);
  if (one.kind === "setWithHooks") return state.setWithHooks(one.scope, one.key, one.value);
  return handle.set(one.key, one.value);
}

type Handles = Map<string, Awaited<ReturnType<StateManager["scope"]>>>;

async function handlesOf(state: StateManager): Promise<Handles> {
  const handles: Handles = new Map();
  for (const s of [globalScope(), agent("a"), agent("b")]) handles.set(formatScope(s), await state.scope(s));
  return handles;
}

function contents(handles: Handles): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [text, handle] of handles) for (const [k, v] of handle.entries()) found.set(`${text} ${k}`, v);
  return found;
}

/** The journal, told again from its start, leads to the same. */
async function replayed(state: StateManager): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  const last = state.headRevision;
  if (last === "0".repeat(26)) return found;
  // A fault that was planned and not met yet fails it once at most.
  await state.set("end", 1).catch(() => state.set("end", 1));
  for await (const event of state.events.since("0".repeat(26))) {
    const { scope: text, key: k, operation, newValue } = event.data as StateChangeData;
    if (k === "end") break;
    if (operation === "set") found.set(`${text} ${k}`, newValue);
    else found.delete(`${text} ${k}`);
  }
  return found;
}

const strong = profiles.filter(({ capabilities }) => capabilities.consistency === "strong");

describe.each(strong)("on $name, against a Map", ({ capabilities }) => {
  test.each([false, true])("histories with faults end as their outcomes say (hooks: %s)", async (hooked) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(), async (steps, seed) => {
        const backend = degraded({ capabilities, seed });
        const begin = async () => {
          const opened = await open({ storage: backend.adapter(), require: { singleWriter: true } });
          if (hooked)
            opened.hooks.on("before_state_change", { id: "h", replayable: true }, () => Promise.resolve());
          return opened;
        };
        let state = await begin();
        let handles = await handlesOf(state);
        const model = new Map<string, unknown>();
        for (const { ops, fault: kind, after } of steps) {
          if (kind !== undefined) backend.plan({ at: backend.effects + 1, kind });
          const outcomes = await Promise.allSettled(ops.map((one) => run(state, handles, one)));
          ops.forEach((one, i) => {
            const outcome = outcomes[i];
            if (outcome?.status === "fulfilled" && outcome.value.status === "committed") apply(model, one);
          });
          expect(contents(handles)).toEqual(model);
          if (after === "checkpoint") await state.checkpoint();
          if (after === "reopen") {
            await state.close();
            state = await begin();
            handles = await handlesOf(state);
          }
          expect(contents(handles)).toEqual(model);
        }
        await state.close();
        const again = await begin();
        expect(contents(await handlesOf(again))).toEqual(model);
        expect(await replayed(again)).toEqual(model);
        await again.close();
      }),
      { numRuns: 15 },
    );
  });
});

test("two writers that take turns on one store see one history", async () => {
  const shared = strong.filter(({ capabilities }) => capabilities.swap === "shared");
  const turn = fc.record({
    who: fc.nat({ max: 1 }),
    ops: fc.array(op, { minLength: 1, maxLength: 3 }),
    checkpoint: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...shared),
      fc.array(turn, { minLength: 1, maxLength: 10 }),
      async ({ capabilities }, story) => {
        const backend = degraded({ capabilities });
        const states = [
          await open({ storage: backend.adapter() }),
          await open({ storage: backend.adapter() }),
        ] as const;
        const handles = [await handlesOf(states[0]), await handlesOf(states[1])] as const;
        const model = new Map<string, unknown>();
        for (const { who, ops, checkpoint } of story) {
          const at = who === 0 ? 0 : 1;
          await states[at].refresh();
          for (const one of ops) apply(model, one);
          await Promise.all(ops.map((one) => run(states[at], handles[at], one)));
          expect(contents(handles[at])).toEqual(model);
          if (checkpoint) await states[1 - at]?.checkpoint();
        }
        for (const at of [0, 1] as const) {
          await states[at].refresh();
          expect(contents(handles[at])).toEqual(model);
        }
        await Promise.all(states.map((state) => state.close()));
      },
    ),
    { numRuns: 25 },
  );
});
