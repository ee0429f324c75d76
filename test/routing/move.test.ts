import { expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import {
  agent,
  cancel,
  custom,
  formatScope,
  globalScope,
  modify,
  redirect,
  type StateManager,
  session,
  step,
  user,
} from "../../src/index.ts";
import { type MoveOptions, moveScopes } from "../../src/routing.ts";
import { handClock, inFolder, open } from "../state/world.ts";

const VALUES: Readonly<Record<string, unknown>> = {
  plan: { step: 2, notes: ["a", "b"] },
  when: new Date(5),
  seen: new Map([["x", new Set([1])]]),
  nothing: undefined,
  bytes: new Uint8Array([1, 2, 3]),
  __proto: "p",
  ["__proto__"]: "inert",
};

async function fill(state: StateManager, id: string, entries: Readonly<Record<string, unknown>> = VALUES) {
  for (const key of Object.keys(entries)) await state.setWithHooks(agent(id), key, entries[key]);
}

async function contents(state: StateManager, id: string): Promise<Map<string, unknown>> {
  const handle = await state.agent(id);
  const all = new Map(handle.entries());
  handle.close();
  return all;
}

const filled = () => new Map(Object.keys(VALUES).map((key) => [key, VALUES[key]]));

async function pair(options: Parameters<typeof open>[0] = {}) {
  return {
    from: await open({ ...options, storage: memory() }),
    to: await open({ ...options, storage: memory() }),
  };
}

const move = (options: Partial<MoveOptions> & Pick<MoveOptions, "from" | "to">) =>
  moveScopes({ match: "agent", batchSize: 3, ...options });

test("scopes that match are in the other store afterwards, whole and equal, and not in the first", async () => {
  const { from, to } = await pair();
  await fill(from, "a");
  await fill(from, "b", { only: 1 });
  await from.setWithHooks(session("s"), "k", "stays");
  const steps: unknown[] = [];
  const summary = await move({ from, to, onProgress: (step) => steps.push(step) });
  expect(summary).toMatchObject({
    moved: [
      { scope: "agent:a", entries: Object.keys(VALUES).length },
      { scope: "agent:b", entries: 1 },
    ],
    failed: [],
  });
  expect(await contents(to, "a")).toEqual(filled());
  expect([(await contents(from, "a")).size, (await contents(from, "b")).size]).toEqual([0, 0]);
  expect(await from.read(session("s"), "k")).toBe("stays");
  expect(await to.scopes()).toEqual([agent("a"), agent("b")]);
  expect(steps[0]).toEqual({ scope: "agent:a", phase: "copying", done: 0, total: 7 });
  expect(steps).toContainEqual({ scope: "agent:a", phase: "deleting", done: 3, total: 7 });
  expect(await move({ from, to })).toMatchObject({ moved: [], failed: [] });
});

test("all of a move has one correlation id, and says that it is a migration", async () => {
  const { from, to } = await pair();
  await fill(from, "a");
  await move({ from, to, correlationId: "the move" });
  const told = new Set<string>();
  for (const state of [from, to])
    for await (const event of state.events.since(undefined, AbortSignal.timeout(50)))
      if (event.correlation.correlationId === "the move") told.add(event.correlation.triggeredBy ?? "");
  expect([...told]).toEqual(["migration"]);
  expect((await from.timeline("the move")).events).toHaveLength(7);
});

test("entries keep their time to live; what is over is not moved", async () => {
  const { clock, advance } = handClock();
  const { from, to } = await pair({ ports: { clock } });
  await from.setWithHooks(agent("a"), "lease", 1, { ttlMs: 1000 });
  await from.setWithHooks(agent("a"), "over", 1, { ttlMs: 10 });
  advance(500);
  await move({ from, to });
  expect([...(await contents(to, "a")).keys()]).toEqual(["lease"]);
  advance(501);
  expect((await contents(to, "a")).size).toBe(0);
});

test("the pattern is that of overrides: a kind, or the text form with stars", async () => {
  for (const [match, expected] of [
    ["agent:a*", ["agent:a", "agent:ab"]],
    ["user", ["user:u"]],
    ["global", ["global"]],
    ["*", ["agent:a", "agent:ab", "agent:b", "global", "user:u"]],
    ["agent:", []],
  ] as const) {
    const { from, to } = await pair();
    for (const scope of [agent("a"), agent("ab"), agent("b"), user("u"), globalScope()])
      await from.setWithHooks(scope, "k", 1);
    const { moved } = await move({ from, to, match });
    expect(moved.map(({ scope }) => scope)).toEqual(expected);
  }
});

test("scopes of any id and keys of any name are moved", async () => {
  const { from, to } = await pair();
  const odd = [agent("a:b%/*!ü".repeat(20)), step("w:1", "s%3A"), custom("move:agent:a"), agent("!move:x")];
  for (const scope of odd) await from.setWithHooks(scope, "k:*%ü", formatScope(scope));
  expect((await move({ from, to, match: "*" })).moved).toHaveLength(odd.length);
  for (const scope of odd) {
    expect(await to.read(scope, "k:*%ü")).toBe(formatScope(scope));
    expect(await from.read(scope, "k:*%ü")).toBeUndefined();
  }
  expect(await to.scopes()).toHaveLength(odd.length);
});

test("two openings of one store are refused, for all would be deleted", async () => {
  const storage = memory();
  const from = await open({ storage });
  const to = await open({ storage });
  await fill(from, "a");
  await expect(move({ from, to })).rejects.toMatchObject({ code: "invalid" });
  await expect(move({ from, to: from })).rejects.toMatchObject({ code: "invalid" });
  expect(await contents(from, "a")).toEqual(filled());
});

test("an entry that both stores have with different values is kept in both, and nothing of its scope is moved", async () => {
  const { from, to } = await pair();
  await fill(from, "a");
  await fill(from, "b");
  await fill(to, "a", { plan: "of the target", own: 1 });
  const { moved, failed } = await move({ from, to });
  expect(moved.map(({ scope }) => scope)).toEqual(["agent:b"]);
  expect(failed).toMatchObject([{ scope: "agent:a", code: "conflict" }]);
  expect(await contents(from, "a")).toEqual(filled());
  expect(await contents(to, "a")).toEqual(
    new Map<string, unknown>(Object.entries({ plan: "of the target", own: 1 })),
  );
  await to.setWithHooks(agent("a"), "plan", VALUES["plan"]);
  expect(await move({ from, to })).toMatchObject({ moved: [{ scope: "agent:a" }], failed: [] });
  expect(await contents(to, "a")).toEqual(new Map([...filled(), ["own", 1]]));
  expect((await contents(from, "a")).size).toBe(0);
});

test("a hook may veto, change or redirect the copies: then the source keeps the scope", async () => {
  for (const hook of [cancel("no"), modify("other"), redirect(user("u"), "k")]) {
    const { from, to } = await pair();
    await fill(from, "a");
    const off = to.hooks.on("before_state_change", { id: "guard", scopes: ["agent"] }, ({ operation }) =>
      operation === "set" ? hook : undefined,
    );
    const { moved, failed } = await move({ from, to });
    expect(moved).toEqual([]);
    expect(failed).toMatchObject([{ scope: "agent:a", code: "hook_failed" }]);
    expect(await contents(from, "a")).toEqual(filled());
    off();
    expect((await contents(to, "a")).size).toBe(0);
    expect((await move({ from, to })).moved).toMatchObject([{ scope: "agent:a", entries: 7 }]);
    expect(await contents(to, "a")).toEqual(filled());
  }
});

test("a hook that vetoes the removal leaves both; the same call goes on", async () => {
  const { from, to } = await pair();
  await fill(from, "a");
  const off = from.hooks.on("before_state_change", { id: "guard" }, () => cancel("keep"));
  expect((await move({ from, to })).failed).toMatchObject([{ code: "hook_failed" }]);
  expect([await contents(from, "a"), await contents(to, "a")]).toEqual([filled(), filled()]);
  off();
  // From here on the target counts.
  await to.setWithHooks(agent("a"), "plan", "new");
  await (await to.agent("a")).delete("when");
  expect(await move({ from, to })).toMatchObject({ moved: [{ scope: "agent:a" }], failed: [] });
  const expected = filled();
  expected.set("plan", "new");
  expected.delete("when");
  expect(await contents(to, "a")).toEqual(expected);
  expect((await contents(from, "a")).size).toBe(0);
});

test("what changes in the source while it is copied is copied anew; what is deleted there is deleted", async () => {
  const { from, to } = await pair();
  await fill(from, "a");
  let changed: Promise<unknown> | undefined;
  const onProgress: MoveOptions["onProgress"] = ({ done }) => {
    if (done < 3 || changed !== undefined) return;
    changed = (async () => {
      await from.setWithHooks(agent("a"), "plan", "late");
      await (await from.agent("a")).delete("when");
      await from.setWithHooks(agent("a"), "fresh", 1);
    })();
  };
  expect(await move({ from, to, onProgress })).toMatchObject({ failed: [] });
  await changed;
  const expected = filled();
  expected.set("plan", "late").set("fresh", 1).delete("when");
  expect(await contents(to, "a")).toEqual(expected);
  expect((await contents(from, "a")).size).toBe(0);
});

test("what changes in the source after it was copied is kept there, and told", async () => {
  const { from, to } = await pair();
  await fill(from, "a");
  let changed: Promise<unknown> | undefined;
  const onProgress: MoveOptions["onProgress"] = ({ phase }) => {
    if (phase === "deleting") changed ??= from.setWithHooks(agent("a"), "plan", "late");
  };
  const { failed } = await move({ from, to, onProgress });
  await changed;
  expect(failed).toMatchObject([{ scope: "agent:a", code: "conflict", reason: /"plan"/ as never }]);
  expect(await contents(from, "a")).toEqual(new Map([["plan", "late"]]));
  expect(await contents(to, "a")).toEqual(filled());
});

test("it stops between commits when its signal says so, and goes on with the same call", async () => {
  const { from, to } = await pair();
  await fill(from, "a");
  for (const stopAt of ["copying", "deleting"] as const) {
    const controller = new AbortController();
    const onProgress: MoveOptions["onProgress"] = ({ phase, done }) => {
      if (phase === stopAt && done >= 3) controller.abort(new TypeError("enough"));
    };
    const stopped = move({ from, to, onProgress, signal: controller.signal });
    await expect(stopped).rejects.toMatchObject({ code: "aborted", cause: { message: "enough" } });
    const whole = stopAt === "copying" ? from : to;
    expect(await contents(whole, "a")).toEqual(filled());
  }
  expect(await move({ from, to })).toMatchObject({ moved: [{ scope: "agent:a", entries: 7 }] });
  expect(await contents(to, "a")).toEqual(filled());
  expect((await contents(from, "a")).size).toBe(0);
});

test("a move that one store began does not take what another store has of that scope for its own", async () => {
  const { from, to } = await pair();
  const other = await open({ storage: memory() });
  await fill(from, "a");
  await fill(other, "a");
  const controller = new AbortController();
  const onProgress: MoveOptions["onProgress"] = ({ done }) => void (done >= 3 && controller.abort());
  await expect(move({ from, to, onProgress, signal: controller.signal })).rejects.toMatchObject({
    code: "aborted",
  });
  expect((await move({ from: other, to })).failed).toMatchObject([{ scope: "agent:a", code: "conflict" }]);
  expect(await contents(other, "a")).toEqual(filled());
});

test("buffered stores are flushed on the way, so that nothing is removed before its copy is stored", async () => {
  const persistence = { mode: "buffered", flushIntervalMs: 60_000 } as const;
  const { from, to } = await pair({ persistence });
  await fill(from, "a");
  expect(await move({ from, to })).toMatchObject({ moved: [{ entries: 7 }] });
  expect([from.dirty, to.dirty]).toEqual([false, false]);
  expect(await contents(to, "a")).toEqual(filled());
});

test("options out of range are refused", async () => {
  const { from, to } = await pair();
  await expect(move({ from, to, batchSize: 0 })).rejects.toMatchObject({ code: "invalid" });
  await expect(move({ from, to, mtach: "x" } as never)).rejects.toMatchObject({ code: "invalid" });
  await expect(move({ from, to, match: "" })).rejects.toThrow(TypeError);
  await expect(move({ from, to, match: "agents" })).rejects.toMatchObject({ code: "invalid" });
  await expect(move({ from, to, onProgress: 5 } as never)).rejects.toThrow(TypeError);
  await expect(move({ from: {} as never, to })).rejects.toThrow("expected an open store");
});

test("to a filesystem store and after its reopening", () =>
  inFolder(async (path) => {
    const { filesystem } = await import("../../adapters/filesystem/index.ts");
    const from = await open({ storage: memory() });
    await fill(from, "a");
    {
      await using to = await open({ storage: filesystem({ path }) });
      await move({ from, to });
    }
    await using again = await open({ storage: filesystem({ path }) });
    expect(await contents(again, "a")).toEqual(filled());
  }));
