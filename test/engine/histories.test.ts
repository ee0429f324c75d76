import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  agent,
  custom,
  globalScope,
  hookScope,
  type StateManager,
  step,
  tool,
  user,
} from "../../src/index.ts";
import { type ModelChange, type StateModel, stateModel } from "../../src/testing.ts";
import { audit } from "./audit.ts";
import { engineProfiles, isThorough, type World, world } from "./world.ts";

const names = [
  "a:b",
  "__proto__",
  "constructor",
  "../x",
  "%",
  "%3A",
  "🦊",
  "é".repeat(128),
  "toString",
  "a",
  " ",
];
const scopes = [
  globalScope(),
  agent("a:b"),
  user("__proto__"),
  tool("../x"),
  custom("session:1"),
  step("%", "%3A"),
  hookScope("🦊"),
];

const name = fc.constantFrom(...names);
const scope = fc.constantFrom(...scopes);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    undefined,
    Number.NaN,
    -0,
    10n,
    new Date(7),
    new Map([["__proto__", new Set([1])]]),
  ),
  fc.constantFrom(700, 1500, 17_000).map((size) => "v".repeat(size)),
  fc.constantFrom(1, 1100, 20_000).map((size) => new Uint8Array(size).fill(size)),
);
const ttlMs = fc.constantFrom(undefined, undefined, undefined, 5, 50);
const change: fc.Arbitrary<ModelChange> = fc.oneof(
  fc.record({ scope, key: name, value, operation: fc.constant("set" as const) }),
  fc.record({ scope, key: name, operation: fc.constant("delete" as const) }),
);

type Command =
  | {
      readonly do: "set";
      readonly change: ModelChange;
      readonly ttlMs: number | undefined;
      readonly other: boolean;
    }
  | { readonly do: "update"; readonly change: ModelChange }
  | { readonly do: "batch"; readonly changes: readonly ModelChange[] }
  | { readonly do: "clear"; readonly change: ModelChange }
  | { readonly do: "burst"; readonly change: ModelChange; readonly count: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "checkpoint" | "reopen" | "crash" };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("set" as const), change, ttlMs, other: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("update" as const), change }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("batch" as const), changes: fc.array(change, { maxLength: 6 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clear" as const), change }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("burst" as const),
      change,
      count: fc.integer({ min: 2, max: 12 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 10, 100) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("checkpoint" as const, "reopen" as const, "crash" as const) }),
  },
);

/** A store and its meaning, going through one history. */
async function live(at: World, commands: readonly Command[]): Promise<StateModel> {
  const model = stateModel({ now: at.now });
  const open = () => at.open({ persistence: { checkpointEvery: 5, cacheSizeLimit: 3 } });
  let state = await open();
  const again = async () => {
    at.backend.settle();
    state = await open();
  };
  for (const next of commands) {
    switch (next.do) {
      case "set":
        await change1(state, model, next.change, next.ttlMs, next.other);
        break;
      case "update": {
        const { scope, key } = next.change;
        const fn = (old: unknown) => [typeof old, 1];
        const handle = await state.scope(scope);
        await handle.update(key, fn);
        handle.close();
        model.update(scope, key, fn);
        break;
      }
      case "batch":
        await state.setMany(next.changes);
        model.batch(next.changes);
        break;
      case "clear": {
        const handle = await state.scope(next.change.scope);
        await handle.clear();
        handle.close();
        model.clear(next.change.scope);
        break;
      }
      case "burst": {
        const { scope, key } = next.change;
        const handle = await state.scope(scope);
        const all = Array.from({ length: next.count }, (_, i) => handle.set(key, i));
        handle.close();
        for (let i = 0; i < next.count; i++) model.set(scope, key, i);
        await Promise.all(all);
        break;
      }
      case "pass":
        at.advance(next.ms);
        break;
      case "checkpoint":
        await state.checkpoint();
        break;
      case "reopen":
        await state.close();
        await again();
        break;
      case "crash":
        at.backend.crash();
        await again();
    }
  }
  expect(await model.differences(state)).toEqual([]);
  await state.close();
  at.backend.settle();
  const reader = await at.open({ require: { readOnly: true } });
  expect(await model.differences(reader)).toEqual([]);
  for (const scope of model.scopes())
    for (const key of model.keys(scope)) expect(await reader.read(scope, key)).toEqual(model.get(scope, key));
  await reader.close();
  expect((await audit(at.backend)).missing).toEqual([]);
  return model;
}

async function change1(
  state: StateManager,
  model: StateModel,
  { scope, key, value, operation }: ModelChange,
  ttl: number | undefined,
  other: boolean,
): Promise<void> {
  const handle = await state.scope(scope);
  // Two handles are one scope.
  const second = other ? await state.scope(scope) : handle;
  const options = ttl === undefined ? {} : { ttlMs: ttl };
  if (operation === "delete") await second.delete(key);
  else await second.set(key, value, options);
  if (operation === "delete") model.delete(scope, key);
  else model.set(scope, key, value, options);
  expect(handle.has(key)).toBe(model.has(scope, key));
  expect(handle.get(key)).toEqual(model.get(scope, key));
  if (other) second.close();
  handle.close();
}

describe.each(engineProfiles)("any history on a store that is $name", (profile) => {
  it("means what the plain Maps mean", { timeout: 60_000 }, async () => {
    const seed = isThorough ? Math.floor(Math.random() * 2 ** 31) : 20_261_122;
    const numRuns = isThorough ? 300 : 30;
    console.log(`${profile.name}: ${numRuns} histories from seed ${seed}`);
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), fc.nat(), async (commands, n) => {
        await live(world(profile, n), commands);
      }),
      { seed, numRuns, endOnFailure: !isThorough },
    );
  });
});
