import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, type EventStream } from "../../src/index.ts";
import { engineOf } from "../../src/internal.ts";
import type { RoutedState } from "../../src/routing.ts";
import { route } from "./world.ts";

const open = () => route({ storage: memory(), overrides: [{ match: "agent", storage: memory() }] });

function isHeard({ backends }: RoutedState): boolean[] {
  return backends.map(({ state }) => engineOf(state).bus.hasListeners("state.changed"));
}

test("a store that refuses leaves no handler, stream or signal behind in the others", async () => {
  await using state = await open();
  await state.storeOf(agent("r")).close();
  const heard: unknown[] = [];
  const { signal } = new AbortController();
  const closed = expect.objectContaining({ code: "closed" });
  expect(() => state.events.on("state.changed", (event) => heard.push(event))).toThrow(closed);
  expect(() => state.events.subscribe("state.changed", { signal })).toThrow(closed);
  await state.set("k", 1);
  expect(heard).toEqual([]);
  const [first] = state.backends;
  expect(first && engineOf(first.state).bus.hasListeners("state.changed")).toBe(false);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test.each<[how: string, read: (stream: EventStream) => Promise<unknown>]>([
  [
    "break",
    async (stream) => {
      for await (const _ of stream) break;
    },
  ],
  [
    "a throw of the reader's",
    async (stream) => {
      for await (const { id } of stream) throw new RangeError(id);
    },
  ],
  ["return", (stream) => stream.return()],
  ["the end of its batches", (stream) => Promise.resolve(stream.batches().return?.())],
  [
    "a throw of its own",
    async (stream) => {
      for await (const _ of stream) await Promise.resolve();
    },
  ],
])("%s ends a stream in every store", async (how, read) => {
  await using state = await open();
  const { signal } = new AbortController();
  const stream = state.events.subscribe("state.changed", { signal, capacity: 1, overflow: "error" });
  expect(isHeard(state)).toEqual([true, true]);
  await state.set("k", 1);
  if (how === "a throw of its own") await state.set("k", 2);
  if (how.includes("throw")) await expect(read(stream)).rejects.toThrow();
  else await read(stream);
  expect(isHeard(state)).toEqual([false, false]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});
