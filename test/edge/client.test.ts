import { expect, test } from "vitest";
import { type StateClient, type StateStub, stateClient } from "../../src/edge/client.ts";
import { perform } from "../../src/edge/perform.ts";
import { edgeReader } from "../../src/edge/reader.ts";
import { agent, globalScope, StateManager } from "../../src/index.ts";

/** An object that must not be asked. */
function silentStub(): StateStub & { readonly sent: unknown[]; readonly id: string } {
  const sent: unknown[] = [];
  const refuse = (request: unknown) => {
    sent.push(request);
    return Promise.reject(new RangeError("it was sent"));
  };
  return { sent, id: "object", keepstate: refuse, fetch: refuse };
}

const none = undefined as never;

const mistakes: readonly (readonly [name: string, call: (state: StateClient) => unknown])[] = [
  ["get without a key", (state) => state.get(none)],
  ["has with a number as key", (state) => state.has(5 as never)],
  ["entry with a symbol as key", (state) => state.entry(Symbol("k") as never)],
  ["set without a key", (state) => state.set(none, 1)],
  ["set with options that are a number", (state) => state.set("k", 1, 5 as never)],
  ["delete with null as options", (state) => state.delete("k", null as never)],
  ["update without a key", (state) => state.update(none, { op: "increment" })],
  ["a batch without a list", (state) => state.batch(none)],
  ["a batch of null", (state) => state.batch([null as never])],
  ["a change without a scope", (state) => state.batch([{ key: "k", value: 1 } as never])],
  ["a change without a key", (state) => state.batch([{ scope: globalScope(), value: 1 } as never])],
  ["a timeline without an id", (state) => state.timeline(none)],
  ["a watch without a listener", (state) => state.watch(none)],
  ["a watch of a key that is a number", (state) => state.watch(() => {}, { key: 5 as never })],
  ["a scope that is text", (state) => state.scope("agent:a" as never)],
  ["nothing to bind", (state) => state.with(none)],
];

test.each(mistakes)("%s is a TypeError, and nothing is sent", async (_, call) => {
  const stub = silentStub();
  const made = async () => call(stateClient(stub));
  await expect(made()).rejects.toThrow(TypeError);
  await expect(made()).rejects.not.toThrow(/cannot read|is not a function/i);
  expect(stub.sent).toEqual([]);
});

const invalid: readonly (readonly [name: string, call: (state: StateClient) => unknown])[] = [
  ["an empty key", (state) => state.get("")],
  ["a key that is too long", (state) => state.scope(agent("a")).set("k".repeat(257), 1)],
  ["an option that nobody reads", (state) => state.set("k", 1, { ttl: 5 } as never)],
  ["an option of a batch that nobody reads", (state) => state.batch([], { ttlMs: 5 } as never)],
  [
    "a field of a change that nobody reads",
    (state) => state.batch([{ scope: agent("a"), key: "k", ttl: 5 } as never]),
  ],
  ["update without an operation", (state) => state.update("k", none)],
  ["an operation that nobody knows", (state) => state.update("k", { op: "double" } as never)],
  ["a field that cannot be bound", (state) => state.with({ user: "me" } as never)],
];

test.each(invalid)("%s is invalid, and nothing is sent", async (_, call) => {
  const stub = silentStub();
  await expect((async () => call(stateClient(stub)))()).rejects.toMatchObject({ code: "invalid" });
  expect(stub.sent).toEqual([]);
});

test("a client of nothing is refused", () => {
  expect(() => stateClient(none)).toThrow("needs the stub of a StateObject");
});

test("a reader of copies refuses a key that is no text before it reads anything", async () => {
  const stub = silentStub();
  const kv = { get: () => Promise.reject(new RangeError("it was read")), put: () => Promise.resolve() };
  const reader = edgeReader(kv, stub);
  await expect(reader.read(globalScope(), 5 as never, { maxAgeMs: 1 })).rejects.toThrow(
    "key must be a string",
  );
});

test("a stored undefined is an entry with a revision, also over the wire's answers", async () => {
  const state = await StateManager.open();
  await perform(state, { kind: "set", scope: "global", key: "k", value: undefined }, () => {});
  const entry = await perform(state, { kind: "get", scope: "global", key: "k" }, () => {});
  expect(entry).toEqual({ value: undefined, revision: state.headRevision });
  expect(await perform(state, { kind: "get", scope: "global", key: "absent" }, () => {})).toBeUndefined();
  await state.close();
});
