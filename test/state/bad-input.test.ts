import { describe, expect, test } from "vitest";
import type { Handle, StateManager } from "../../src/index.ts";
import * as core from "../../src/index.ts";
import { open } from "./world.ts";

/** What a program in JavaScript can pass, whatever the types say. */
const bad = <T>(value: unknown) => value as T;
const LONG = "x".repeat(257);
const LONE = "\ud800";
type Call = (s: StateManager, h: Handle) => unknown;

const badKeys: [string, unknown][] = [
  ["no string", 5],
  ["undefined", undefined],
  ["null", null],
  ["an object", {}],
  ["empty", ""],
  ["too long", LONG],
  ["too long in bytes", "é".repeat(129)],
  ["a lone surrogate", LONE],
];
const keyed: Record<string, (target: Handle, key: string) => unknown> = {
  set: (t, key) => t.set(key, 1),
  delete: (t, key) => t.delete(key),
  update: (t, key) => t.update(key, () => 1),
};

const badScopes: [string, unknown][] = [
  ["text", "global"],
  ["undefined", undefined],
  ["null", null],
  ["no kind", {}],
  ["an unknown kind", { kind: "planet", id: "x" }],
  ["a kind of the prototype", { kind: "toString", id: "x" }],
  ["the system's", { kind: "system", name: "agents" }],
  ["no id", { kind: "agent" }],
  ["an empty id", { kind: "agent", id: "" }],
  ["an id that is a number", { kind: "agent", id: 5 }],
  ["a long id", { kind: "agent", id: LONG }],
  ["a lone surrogate", { kind: "agent", id: LONE }],
  ["half a step", { kind: "step", workflow: "w" }],
];
const scoped: Record<string, (s: StateManager, scope: core.StateScope) => unknown> = {
  scope: (s, scope) => s.scope(scope),
  read: (s, scope) => s.read(scope, "k"),
  setWithHooks: (s, scope) => s.setWithHooks(scope, "k", 1),
  "batch set": (s, scope) => s.batch((tx) => tx.set(scope, "k", 1)),
  "batch delete": (s, scope) => s.batch((tx) => tx.delete(scope, "k")),
  setMany: (s, scope) => s.setMany([{ scope, key: "k", value: 1 }]),
  formatScope: (_, scope) => core.formatScope(scope),
};

const badOptions: [string, unknown][] = [
  ["null", null],
  ["a number", 5],
  ["an unknown field", { corelationId: "x" }],
  ["a correlationId that is no string", { correlationId: 5 }],
  ["an empty correlationId", { correlationId: "" }],
  ["two lines", { correlationId: "a\nb" }],
  ["a correlationId that looks like the store's own", { correlationId: "~x" }],
  ["a long actor", { actor: "x".repeat(513) }],
  ["a lone surrogate", { actor: LONE }],
  ["a revision that is none", { expectedRevision: "5" }],
  ["a revision that is a number", { expectedRevision: 5 }],
  ["a ttl of 0", { ttlMs: 0 }],
  ["a ttl that is NaN", { ttlMs: Number.NaN }],
  ["a ttl that is text", { ttlMs: "5" }],
  ["a signal that is none", { signal: {} }],
];
const withOptions: Record<string, (s: StateManager, h: Handle, o: never) => unknown> = {
  set: (_, h, o) => h.set("k", 2, o),
  delete: (_, h, o) => h.delete("k", o),
  update: (_, h, o) => h.update("k", () => 2, o),
  clear: (_, h, o) => h.clear(o),
  setWithHooks: (s, _, o) => s.setWithHooks(core.agent("a"), "k", 2, o),
  batch: (s, _, o) => s.batch((tx) => tx.set(core.agent("a"), "k", 2), o),
  setMany: (s, _, o) => s.setMany([{ scope: core.agent("a"), key: "k", value: 2 }], o),
};

const others: [string, Call][] = [
  ["update without a function", (_, h) => h.update("k", bad(5))],
  ["batch without a function", (s) => s.batch(bad(undefined))],
  ["batch with an async function", (s) => s.batch(bad(async () => undefined))],
  ["batch with a bad ttl", (s) => s.batch((tx) => tx.set(core.globalScope(), "k", 1, { ttlMs: -1 }))],
  ["batch with expectedRevision", (s) => s.batch(() => undefined, { expectedRevision: null })],
  ["setMany without a list", (s) => s.setMany(bad({}))],
  ["setMany with a hole", (s) => s.setMany([bad(undefined)])],
  [
    "setMany with an unknown operation",
    (s) => s.setMany([bad({ scope: core.globalScope(), key: "k", operation: "inc", value: 1 })]),
  ],
  ["with null", (s) => s.with(bad(null))],
  ["with an unknown field", (s) => s.with(bad({ corelationId: "x" }))],
  ["with a number as actor", (s) => s.with(bad({ actor: 5 }))],
  ["handle.with an unknown field", (_, h) => h.with(bad({ ttlMs: 5 }))],
  ["user without an id", (s) => s.user(bad(undefined))],
  ["session with an empty id", (s) => s.session("")],
  ["agent with a number", (s) => s.agent(bad(5))],
  ["tool with a long id", (s) => s.tool(LONG)],
  ["workflow with a lone surrogate", (s) => s.workflow(LONE)],
  ["step without a step", () => core.step("w", bad(undefined))],
  ["custom without a name", () => core.custom("")],
  ["hookScope with a symbol", () => core.hookScope(bad(Symbol("s")))],
  ["read with a bad key", (s) => s.read(core.globalScope(), "")],
  ["timeline without an id", (s) => s.timeline(bad(undefined))],
  ["timeline of nothing", (s) => s.timeline("")],
  ["executions of a number", (s) => s.executions(bad(5))],
  ["events.since a word", (s) => s.events.since("yesterday").next()],
  ["events.on without a pattern", (s) => s.events.on(bad<string>(undefined), () => undefined)],
  ["events.on without a handler", (s) => s.events.on("*", bad(undefined))],
  ["parseRevision of a word", () => core.parseRevision("x")],
  ["parseScope of a number", () => core.parseScope(bad(5))],
  ["hooks.on without a function", (s) => s.hooks.on("before_state_change", { id: "x" }, bad(undefined))],
  ["hooks.on without an id", (s) => s.hooks.on("before_state_change", bad({}), () => undefined)],
  [
    "hooks.on with an unknown option",
    (s) => s.hooks.on("before_state_change", bad({ id: "x", prio: 1 }), () => undefined),
  ],
  [
    "hooks.on with a bad timeout",
    (s) => s.hooks.on("before_state_change", { id: "x", timeoutMs: 0 }, () => undefined),
  ],
  [
    "hooks.on without a point",
    (s) => s.hooks.on(bad<core.HookPoint>(undefined), { id: "x" }, () => undefined),
  ],
  ["hooks.ask at a point of the store's", (s) => s.hooks.ask("before_state_change", {})],
  ["hooks.ask without facts", (s) => s.hooks.ask("before_send", bad(undefined))],
];

describe("bad input is refused, clearly, and changes nothing", () => {
  async function refused(call: Call): Promise<void> {
    await using state = await open();
    const handle = await state.agent("a");
    await handle.set("k", 1);
    const head = state.headRevision;
    await expect((async () => call(state, handle))()).rejects.toSatisfy(isClear);
    await state.flush();
    expect([state.headRevision, handle.entries(), state.keys()]).toEqual([head, [["k", 1]], []]);
    expect(state.hooks.list()).toEqual([]);
  }

  for (const [name, call] of Object.entries(keyed))
    test.each(badKeys)(`${name} with a key that is %s`, (_, key) => refused((_s, h) => call(h, bad(key))));
  test.each(badKeys)("setWithHooks with a key that is %s", (_, key) =>
    refused((s) => s.setWithHooks(core.agent("a"), bad(key), 1)),
  );
  test.each(badKeys)("batch with a key that is %s", (_, key) =>
    refused((s) => s.batch((tx) => tx.set(core.agent("a"), bad(key), 1))),
  );
  for (const [name, call] of Object.entries(scoped))
    test.each(badScopes)(`${name} with a scope that is %s`, (_, scope) =>
      refused((s) => call(s, bad(scope))),
    );
  for (const [name, call] of Object.entries(withOptions))
    test.each(badOptions)(`${name} with options: %s`, (_, options) =>
      refused((s, h) => call(s, h, bad(options))),
    );
  test.each(others)("%s", (_, call) => refused(call));
});

test("reading a text that cannot be a key is reading what is not there", async () => {
  await using state = await open();
  for (const [, key] of badKeys) {
    if (typeof key !== "string") continue;
    expect([state.get(key), state.has(key), state.revision(key)]).toEqual([undefined, false, undefined]);
  }
});

/** A sentence of ours, not an accident of the language. */
function isClear(error: unknown): boolean {
  if (core.isStateError(error)) return error.code === "invalid" && error.message.length > 10;
  return (
    error instanceof TypeError &&
    !/Cannot (read|destructure|convert)|is not a function|is not iterable|undefined \(/.test(error.message)
  );
}
