/** What becomes of an object whose own method closes the store. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { StateObject, stateClient } from "../../src/edge.ts";
import { agent, type StateManager } from "../../src/index.ts";

const named = () => env.AGENTS.get(env.AGENTS.idFromName(crypto.randomUUID()));

function storeOf(object: unknown): Promise<StateManager> {
  if (!(object instanceof StateObject)) throw new TypeError("not a StateObject");
  return Reflect.get(object, "store").call(object);
}

test("the next request opens it anew, and watchers go on", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  const heard: unknown[] = [];
  const watch = memory.watch(({ value }) => heard.push(value));
  await watch.ready;
  await memory.set("k", 1);
  await runInDurableObject(stub, async (object) => (await storeOf(object)).close());
  expect(await memory.get("k")).toBe(1);
  expect(await memory.set("k", 2)).toMatchObject({ status: "committed" });
  await vi.waitFor(() => expect(heard).toEqual([1, 2]), 5_000);
  watch.stop();
});

test("closed and then emptied, it is a new store for the next request", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  await memory.set("k", "forget me");
  await runInDurableObject(stub, (object, state) =>
    state.blockConcurrencyWhile(async () => {
      await (await storeOf(object)).close();
      await state.storage.deleteAll();
    }),
  );
  expect(await memory.get("k")).toBeUndefined();
  expect(await memory.set("k", 1)).toMatchObject({ status: "committed" });
  expect(await stateClient(stub).scopes()).toEqual(["agent:a"]);
});
