import { runInDurableObject, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { stateClient, type WatchMessage } from "../../src/edge.ts";
import { agent } from "../../src/index.ts";
const named = (name: string = crypto.randomUUID()) => env.AGENTS.get(env.AGENTS.idFromName(name));
const values: [string, unknown][] = [
  ["url", new URL("https://a.b/c")], ["regexp", /x/g], ["constructor", { constructor: "Ferrari" }],
  ["proto", JSON.parse('{"__proto__":1}')], ["bytes", new Uint8Array([1,2])], ["buffer", new Uint8Array([1,2]).buffer],
  ["error", new Error("x")], ["bigint", 5n], ["negative zero", [-0, NaN, undefined]], ["f64", new Float64Array([1.5])],
  ["dataview", new DataView(new ArrayBuffer(3))], ["dotted", {"a.b": new Date(3), "c\\d": 1}],
];
test.each(values)("rpc %s", async (_, value) => {
  const memory = stateClient(named()).scope(agent("a"));
  await memory.set("k", value);
  expect(await memory.get("k")).toEqual(value);
});
test.each(values)("http %s", async (_, value) => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  await memory.set("k", value);
  const r = await stub.fetch("https://o/scopes/agent%3Aa/k");
  expect(r.status).toBe(200);
  console.log(_, await r.text());
});
test.each(values)("watch %s", async (_, value) => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  const heard: WatchMessage[] = [];
  const watch = memory.watch((m) => heard.push(m));
  await watch.ready;
  await memory.set("k", value);
  await vi.waitFor(() => expect(heard).toHaveLength(1), 1000);
  watch.stop();
  expect(heard[0]?.value).toEqual(value);
});
test("non canonical scope", async () => {
  const stub = named();
  for (const s of ["agent%3A%2561", "agent%3Aa", "AGENT%3Aa", "agent:%61"]) {
    const r = await stub.fetch(`https://o/scopes/${s}/k`, { method: "PUT", body: '{"value":1}' });
    console.log(s, r.status, await r.text());
  }
  console.log(await stateClient(stub).scopes());
});
test("lost connection before the first message", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  const heard: unknown[] = [];
  const watch = memory.watch((m) => heard.push(m.value));
  await watch.ready;
  await runInDurableObject(stub, (_, ctx) => { for (const s of ctx.getWebSockets()) s.close(1012, "x"); });
  await memory.set("k", 1);
  await new Promise(r => setTimeout(r, 600));
  await memory.set("k", 2);
  await new Promise(r => setTimeout(r, 600));
  console.log("heard", heard);
  watch.stop();
  expect(heard).toEqual([1, 2]);
});
test("open fails", async () => {
  const stub = named();
  await stateClient(stub).set("a", 1);
  await runInDurableObject(stub, (_, ctx) => { ctx.storage.sql.exec("DROP TABLE keepstate"); ctx.storage.sql.exec("CREATE TABLE keepstate (x)"); });
  await evictDurableObject(stub);
  console.log(await Promise.resolve(stub.keepstate({ kind: "get", scope: "global", key: "a" })).catch((e: unknown) => ["raw", String(e)]));
  console.log(await stub.fetch("https://o/scopes").then(async r => [r.status, await r.text()], (e: unknown) => ["raw", String(e)]));
});
test("closing", async () => {
  const stub = named();
  const response = await stub.fetch("https://o/watch", { headers: { upgrade: "websocket" } });
  const ws = response.webSocket!;
  const closed = new Promise<string>((r) => ws.addEventListener("close", (e) => r(`${e.code} ${e.wasClean}`)));
  ws.accept();
  ws.send("hello");
  ws.close(1000, "bye");
  console.log("closed", await Promise.race([closed, new Promise((r) => setTimeout(r, 1500, "never"))]));
});
test("rpc odd", async () => {
  const stub = named();
  const ask = (r: unknown) => Promise.resolve(stub.keepstate(r as never)).then((v) => JSON.stringify(v).slice(0, 200), (e: unknown) => ["raw", String(e)]);
  console.log(await ask({ kind: "batch", changes: [null] }));
  console.log(await ask({ kind: "batch", changes: [{ scope: "agent:a", key: "k", operation: "nonsense" }] }));
  console.log(await ask({ kind: "batch", changes: [{ scope: 5, key: "k" }] }));
  console.log(await ask({ kind: "list", scope: "agent:a", options: null }));
  console.log(await ask({ kind: "list", scope: "agent:a", options: 5 }));
  console.log(await ask({ kind: "list", scope: "agent:a", options: { nonsense: 1 } }));
  console.log(await ask({ kind: "set", scope: "agent:a", key: "k", value: 1, options: { ttlMs: -1 } }));
  console.log(await ask({ kind: "set", scope: "agent:a", key: "k", value: 1, options: { ttlMs: "x" } }));
  console.log(await ask({ kind: "set", scope: "agent:a", key: "k", value: 1, options: { ttlMs: 1e300 } }));
  console.log(await ask({ kind: "update", scope: "agent:a", key: "k", operation: { op: "increment", by: 1, nonsense: 2 } }));
  console.log(await ask({ kind: "update", scope: "agent:a", key: "k", operation: { op: "append", values: [1], keep: 1.5 } }));
  console.log(await ask({ kind: "timeline", correlationId: "" }));
  console.log(await ask({ kind: "get", scope: "agent:a", key: "" }));
  console.log(await ask({ kind: "set", scope: "agent:a", key: "k", value: 1, options: 7 }));
  console.log(await ask({ kind: "set", scope: "agent:a", key: "k", value: 1, options: { correlationId: 7 } }));
  console.log(await ask({ kind: "set", scope: "agent:a", key: "k", value: 1, options: { signal: 7 } }));
  console.log(await ask({ kind: "set", scope: "system:agents", key: "k", value: 1 }));
  const del = await stub.fetch("https://o/scopes/agent%3Aa/k?ttlMs=5", { method: "DELETE" });
  console.log(del.status, await del.text());
  const b = await stub.fetch("https://o/batch", { method: "POST", body: '{"changes":[null]}' });
  console.log(b.status, await b.text());
  const c = await stub.fetch("https://o/batch", { method: "POST", body: '{"changes":{"a":1}}' });
  console.log(c.status, await c.text());
  const d = await stub.fetch("https://o/batch", { method: "POST", body: '{"changes":[]}' });
  console.log(d.status, await d.text());
});
