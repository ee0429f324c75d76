/** Writes over RPC take effect in the order of the calls, however long each is asked about. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { stateClient } from "../../src/edge.ts";
import { agent } from "../../src/index.ts";

const named = () => env.AGENTS.get(env.AGENTS.idFromName(crypto.randomUUID()));
const held = { actor: "held" };

/** Lets the held requests go on, or has them refused. */
const decide = (stub: ReturnType<typeof named>, isAllowed: boolean) =>
  runInDurableObject(stub, (agents) => agents.decide(isAllowed));

test("a write whose permission takes longer is not passed by the next one of its scope", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  const writes = [
    memory.set("k", 1, held),
    memory.set("k", 2),
    memory.update("k", { op: "increment", by: 10 }, held),
    memory.update("k", { op: "increment", by: 100 }),
  ];
  // Whatever could go ahead has gone when this is back.
  await stateClient(stub).scope(agent("b")).set("k", 1);
  await decide(stub, true);
  await Promise.all(writes);
  expect(await memory.get("k")).toBe(112);
});

test("reads, other scopes and HTTP wait for no write that is held", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  const first = memory.set("k", 1, held);
  expect(await memory.get("k")).toBeUndefined();
  expect(await stateClient(stub).scope(agent("b")).set("k", 1)).toMatchObject({ status: "committed" });
  const body = JSON.stringify({ value: "over HTTP" });
  const put = await stub.fetch("https://object/scopes/agent%3Aa/k", { method: "PUT", body });
  expect(put.status).toBe(200);
  await decide(stub, true);
  await first;
  expect(await memory.get("k")).toBe(1);
});

test("a write that is refused lets the next one pass, in its place", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  const refused = memory.set("k", 1, held).catch((error: unknown) => error);
  const next = memory.set("k", 2);
  await decide(stub, false);
  expect(await refused).toMatchObject({ code: "forbidden" });
  expect(await next).toMatchObject({ status: "committed" });
  expect(await memory.get("k")).toBe(2);
});

test("a batch has its place in each of its scopes", async () => {
  const stub = named();
  const state = stateClient(stub);
  const [a, b] = [agent("a"), agent("b")];
  const writes = [
    state.scope(a).set("k", "first", held),
    state.batch([
      { scope: a, key: "k", value: "batch" },
      { scope: b, key: "k", value: "batch" },
    ]),
    state.scope(b).set("k", "last"),
  ];
  await state.scope(agent("c")).set("k", 1);
  await decide(stub, true);
  await Promise.all(writes);
  expect([await state.scope(a).get("k"), await state.scope(b).get("k")]).toEqual(["batch", "last"]);
});
