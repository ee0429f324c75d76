import { describe, expect, it } from "vitest";
import type { Revision } from "../../src/ground/revision.ts";
import { agent } from "../../src/ground/scope.ts";
import { finishRuns, type RunOutcome } from "../../src/hooks/record.ts";
import type { HookRun } from "../../src/hooks/recorded.ts";
import {
  cache,
  cancel,
  fork,
  modify,
  proceed,
  redirect,
  replace,
  retry,
  skip,
} from "../../src/hooks/result.ts";
import { hookWorld } from "./world.ts";

const POINT = "before_state_change";
const SECRET = "sk-very-secret";
type World = ReturnType<typeof hookWorld>;

async function recorded(
  { decide, env }: World,
  value: unknown = { plan: 1 },
  outcome?: RunOutcome,
): Promise<readonly HookRun[]> {
  const decision = await decide({ value });
  const known: RunOutcome =
    decision.kind === "cancel"
      ? { kind: "refused", recordValue: decision.recordValue }
      : { kind: "committed", value: decision.value };
  return finishRuns(decision.runs, outcome ?? known, env);
}

describe("what is recorded of hook runs", () => {
  it("is every run of a replayable hook, with all that the requirements name", async () => {
    const world = hookWorld();
    world.registry.on(POINT, { id: "h", version: "7", replayable: true }, async () => {
      return new Promise((resolve) => world.env.timer?.(25, () => resolve(proceed())));
    });
    world.registry.on(POINT, { id: "not replayable" }, () => proceed());
    const runs = recorded(world);
    await world.advance(25);
    expect(await runs).toEqual([
      {
        hookId: "h",
        version: "7",
        executionId: "run-1",
        point: POINT,
        context: { operation: "set", scope: "custom:s", key: "k", value: { ref: "change" } },
        result: { kind: "proceed" },
        startedAt: 1_000_000,
        durationMs: 25,
        correlationId: "c-1",
        attempt: 1,
      },
    ]);
  });

  it("refers to the stored value where a hook saw or made it, and holds others", async () => {
    const world = hookWorld();
    const first = { v: 1 };
    world.registry.on(POINT, { id: "a", replayable: true }, () => modify({ v: 2 }));
    world.registry.on(POINT, { id: "b", replayable: true }, () =>
      fork([{ scope: agent("x"), key: "y", value: 3 }]),
    );
    world.registry.on(POINT, { id: "c", replayable: true }, () => skip("fine"));
    const runs = await recorded(world, first);
    expect(runs.map((run) => [run.context.value, run.result])).toEqual([
      [{ value: first }, { kind: "modify", value: { ref: "change" } }],
      [{ ref: "change" }, { kind: "fork", changes: [{ scope: "agent:x", key: "y", value: { value: 3 } }] }],
      [{ ref: "change" }, { kind: "skip", reason: "fine" }],
    ]);
  });

  it("holds what hooks saw when a schema stored something else in the end", async () => {
    const world = hookWorld();
    world.registry.on(POINT, { id: "a", replayable: true }, () => replace("5"));
    const [run] = await recorded(world, "4", { kind: "committed", value: 5 });
    expect(run?.context.value).toEqual({ value: "4" });
    expect(run?.result).toEqual({ kind: "replace", value: { value: "5" } });
  });

  it("names the old value by its revision only, and a deletion has no value", async () => {
    const world = hookWorld();
    world.registry.on(POINT, { id: "a", replayable: true }, () => redirect(agent("x"), "y"));
    const oldRevision = "0".repeat(26) as Revision;
    const decision = await world.decide({
      operation: "delete",
      value: undefined,
      oldValue: SECRET,
      hadOldValue: true,
      oldRevision,
    });
    const [run] = finishRuns(decision.runs, { kind: "committed", value: undefined }, world.env);
    expect(run?.context).toEqual({ operation: "delete", scope: "custom:s", key: "k", oldRevision });
    expect(run?.result).toEqual({ kind: "redirect", scope: "agent:x", key: "y" });
    expect(JSON.stringify(run)).not.toContain(SECRET);
  });

  it("is a record of its own for each attempt, and one for a remembered answer", async () => {
    const world = hookWorld();
    world.registry.on(POINT, { id: "h", replayable: true }, (_, { attempt }) =>
      attempt === 1 ? retry(1, 1) : cache(1000, modify(2)),
    );
    const first = recorded(world, 1);
    await world.advance(10);
    expect((await first).map((run) => [run.attempt, run.result?.kind, run.cached])).toEqual([
      [1, "retry", undefined],
      [2, "cache", undefined],
    ]);
    expect(await recorded(world, 1)).toMatchObject([{ cached: true, result: { kind: "modify" } }]);
  });

  it("is the veto of any hook, with size and digest of the value only", async () => {
    const world = hookWorld();
    world.registry.on(
      POINT,
      { id: "sees first", replayable: true, serializeContext: (c) => ({ saw: c.value }) },
      () => fork([{ key: "copy", value: SECRET }]),
    );
    world.registry.on(POINT, { id: "guard" }, () => cancel("looks like a secret"));
    const runs = await recorded(world, SECRET);
    expect(runs.map((run) => run.hookId)).toEqual(["sees first", "guard"]);
    expect(runs[1]).toMatchObject({
      context: { value: { bytes: 16, digest: expect.stringMatching(/^[0-9a-f]{8}$/) } },
      result: { kind: "cancel", reason: "looks like a secret" },
    });
    expect(JSON.stringify(runs)).not.toContain("very-secret");
    const again = await recorded(world, SECRET);
    expect(again[1]?.context.value).toEqual(runs[1]?.context.value);
    const other = await recorded(world, "sk-other-secret");
    expect(other[1]?.context.value).not.toEqual(runs[1]?.context.value);
  });

  it("holds the vetoed value where the vetoing hook asks for it", async () => {
    const world = hookWorld();
    world.registry.on(POINT, { id: "guard", recordVetoedValue: true }, () => cancel("no"));
    expect(await recorded(world, "mine")).toMatchObject([{ context: { value: { value: "mine" } } }]);
  });

  it("is a veto by failure as well, with the error", async () => {
    const world = hookWorld();
    world.registry.on(POINT, { id: "guard", onError: "cancel" }, () => {
      throw new RangeError("cannot tell");
    });
    const [run] = await recorded(world, SECRET);
    expect(run?.error).toEqual({ name: "RangeError", message: "cannot tell", code: "hook_failed" });
    expect(run).not.toHaveProperty("result");
  });

  it("is the context as the hook serialises it", async () => {
    const world = hookWorld();
    const serializeContext = (change: { key: string }) => ({ only: change.key });
    world.registry.on(POINT, { id: "h", replayable: true, serializeContext }, () => proceed());
    const [run] = await recorded(world);
    expect(run?.context).toEqual({ operation: "set", scope: "custom:s", key: "k", custom: { only: "k" } });
  });

  it("is what redaction leaves of it, and what is stored stays as it is", async () => {
    const world = hookWorld();
    world.registry.on(
      POINT,
      {
        id: "h",
        replayable: true,
        redact: ({ context }) => ({ context: { ...context, value: { value: "***" } }, hookId: "forged" }),
      },
      () => modify({ card: "gone" }),
    );
    const decision = await world.decide({ value: { card: SECRET } });
    const [run] = finishRuns(decision.runs, { kind: "committed", value: { card: "gone" } }, world.env);
    expect(run).toMatchObject({ hookId: "h", context: { value: { value: "***" } } });
    expect(run).not.toHaveProperty("result");
    expect(decision).toMatchObject({ value: { card: "gone" } });
  });

  it.each([
    () => {
      throw new Error("cannot redact");
    },
    // What the types forbid.
    () => JSON.parse("null"),
    () => JSON.parse('{ "context": null }'),
  ])("is nothing of its content when redaction fails, and that is reported", async (redact) => {
    const world = hookWorld();
    world.registry.on(POINT, { id: "h", replayable: true, redact }, () => modify(1));
    const runs = await recorded(world, SECRET);
    expect(runs).toMatchObject([{ hookId: "h", context: { operation: "set" }, withheld: true }]);
    expect(JSON.stringify(runs)).not.toContain(SECRET);
    expect(world.failures).toMatchObject([{ hook: "h", effect: "continued" }]);
  });

  it("is plain data that survives JSON", async () => {
    const world = hookWorld();
    for (const result of [proceed(), modify(1), fork([{ key: "x", value: [1] }]), cancel("no")]) {
      world.registry.on(POINT, { id: result.kind, replayable: true, recordVetoedValue: true }, () => result);
    }
    const runs = await recorded(world);
    expect(runs.length).toBe(4);
    expect(JSON.parse(JSON.stringify(runs))).toEqual(runs);
    expect(structuredClone(runs)).toEqual(runs);
  });
});
