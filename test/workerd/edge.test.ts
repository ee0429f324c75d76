import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { agentState, edgeReader, stateClient, type WatchMessage } from "../../src/edge.ts";
import { agent, custom, isStateError } from "../../src/index.ts";
import { createCodec } from "../../src/internal.ts";

const named = (name: string = crypto.randomUUID()) => env.AGENTS.get(env.AGENTS.idFromName(name));

function codeOf(error: unknown): string {
  return isStateError(error) ? error.code : error instanceof TypeError ? "TypeError" : String(error);
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => "nothing", codeOf);
}

describe("a client", () => {
  test("reads what it wrote, with its revision, also after the object was evicted", async () => {
    const stub = named();
    const plan = { steps: new Map([["read", 1]]), at: new Date(5) };
    const written = await stateClient(stub).scope(agent("a")).set("plan", plan, { correlationId: "run" });
    expect(written).toMatchObject({ status: "committed", durability: "gated", correlationId: "run" });
    await evictDurableObject(stub);
    const entry = await stateClient(stub).scope(agent("a")).entry("plan");
    expect(entry?.value).toEqual(plan);
    expect(entry?.revision).toBe(written.status === "committed" && written.revision);
  });

  test("lists page by page in the order of keys", async () => {
    const memory = stateClient(named()).scope(agent("a"));
    for (const key of ["b", "a", "x/1", "x/2", "x/3"]) await memory.set(key, key);
    const first = await memory.list({ prefix: "x/", limit: 2 });
    expect(first.entries.map(({ key }) => key)).toEqual(["x/1", "x/2"]);
    const rest = await memory.list({ prefix: "x/", limit: 2, after: first.next ?? "" });
    expect(rest.entries.map(({ key }) => key)).toEqual(["x/3"]);
    expect(rest.next).toBeUndefined();
  });

  test("updates in the object: a hundred at once add up", async () => {
    const memory = stateClient(named()).scope(agent("a"));
    await Promise.all(Array.from({ length: 100 }, () => memory.update("n", { op: "increment", by: 2 })));
    expect(await memory.get("n")).toBe(200);
    await memory.update("log", { op: "append", values: [1, 2, 3], keep: 2 });
    expect(await memory.get("log")).toEqual([2, 3]);
    await memory.update("card", { op: "merge", fields: { a: 1, b: 2 } });
    await memory.update("card", { op: "merge", fields: { b: undefined, c: 3 } });
    expect(await memory.get("card")).toEqual({ a: 1, c: 3 });
    await memory.set("blank", { a: undefined });
    await memory.update("blank", { op: "merge", fields: { b: 1 } });
    expect(await memory.get("blank")).toStrictEqual({ a: undefined, b: 1 });
  });

  test("an update that does not fit the value changes nothing", async () => {
    const memory = stateClient(named()).scope(agent("a"));
    await memory.set("n", "text");
    expect(await refusalOf(memory.update("n", { op: "increment" }))).toBe("invalid");
    expect(await refusalOf(memory.update("n", { op: "double" } as never))).toBe("invalid");
    expect(await memory.get("n")).toBe("text");
  });

  test("a batch is whole or not at all, and a veto says by whom", async () => {
    const client = stateClient(named()).with({ correlationId: "run", actor: "me" });
    const vetoed = await client.batch([
      { scope: agent("a"), key: "k", value: 1 },
      { scope: custom("c"), key: "k", value: "secret" },
    ]);
    expect(vetoed).toMatchObject({ status: "cancelled", by: "no-secrets", reason: "a secret" });
    expect(await client.scope(agent("a")).has("k")).toBe(false);
    await client.batch([
      { scope: agent("a"), key: "k", value: 1 },
      { scope: custom("c"), key: "k", value: 2 },
    ]);
    expect(await client.scopes()).toEqual(["agent:a", "custom:c"]);
    const { events } = await client.timeline("run");
    expect(events.map(({ kind }) => kind)).toEqual(["veto", "change", "change"]);
  });

  test("expectedRevision and errors come back as what they were", async () => {
    const memory = stateClient(named()).scope(agent("a"));
    await memory.set("k", 1);
    expect(await memory.set("k", 2, { expectedRevision: null })).toMatchObject({ status: "conflict" });
    expect(await refusalOf(memory.set("", 1))).toBe("invalid");
    expect(await refusalOf(memory.set("k", 1, { nonsense: 1 } as never))).toBe("invalid");
    expect(await refusalOf(memory.get(5 as never))).toBe("TypeError");
    expect(await refusalOf(memory.get(""))).toBe("invalid");
    expect(await refusalOf(memory.set("k", { f: () => 1 }))).toBe("not_serializable");
    expect(await refusalOf(memory.list({ nonsense: 1 } as never))).toBe("invalid");
    expect(await refusalOf(stateClient(named()).batch([{ scope: agent("a") } as never]))).toBe("TypeError");
  });

  test.each([undefined, 7, {}, { kind: "nonsense" }, { kind: "batch", changes: [null] }])(
    "is refused %j, which is no request",
    async (request) => {
      const codec = createCodec();
      const answer = await named().keepstate(codec.encode(request));
      expect(codec.decode(answer).value).toMatchObject({
        error: { code: expect.stringMatching(/^(invalid|misuse)$/) },
      });
    },
  );

  test.each([undefined, 7, {}, { format: 9, text: "", parts: [] }, { format: 1, text: "{", parts: 5 }])(
    "is refused %j, which nobody packed",
    async (packed) => {
      const answer = await named().keepstate(packed as never);
      expect(createCodec().decode(answer).value).toMatchObject({ error: { code: "invalid" } });
    },
  );
});

test("each agent has an object of its own", async () => {
  const [one, other] = ["one", "other"].map((id) => agentState(env.AGENTS, `${id}-${crypto.randomUUID()}`));
  await one?.set("k", 1);
  expect(await other?.get("k")).toBeUndefined();
  expect(await one?.get("k")).toBe(1);
});

describe("over HTTP", () => {
  const entry = "https://object/scopes/agent%3Aa/some%20key";
  const put = (stub: { fetch: typeof fetch }, body: unknown, headers: Record<string, string> = {}) =>
    stub.fetch(entry, {
      method: "PUT",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers,
    });

  test("entries are put, read, listed, updated and deleted", async () => {
    const stub = named();
    expect((await stub.fetch(entry)).status).toBe(404);
    expect((await put(stub, { value: { n: 1 } })).status).toBe(200);
    expect(await (await stub.fetch(entry)).json()).toMatchObject({ value: { value: { n: 1 } } });
    const updated = await stub.fetch(`${entry}/update`, {
      method: "POST",
      body: JSON.stringify({ operation: { op: "merge", fields: { m: 2 } } }),
    });
    expect(updated.status).toBe(200);
    const listed = await (await stub.fetch("https://object/scopes/agent%3Aa?limit=1")).json();
    expect(listed).toMatchObject({ value: { entries: [{ key: "some key", value: { n: 1, m: 2 } }] } });
    expect((await stub.fetch(`${entry}?actor=me`, { method: "DELETE" })).status).toBe(200);
    expect((await stub.fetch(entry)).status).toBe(404);
  });

  test("values that JSON cannot say go through meta, both ways", async () => {
    const stub = named();
    await put(stub, { value: "1970-01-01T00:00:00.005Z", meta: { values: ["Date"] } });
    expect(await stateClient(stub).scope(agent("a")).get("some key")).toEqual(new Date(5));
    expect(await (await stub.fetch(entry)).json()).toMatchObject({ meta: { values: { value: ["Date"] } } });
  });

  test.each([
    ["a body that is not JSON", "{", {}, 400, "invalid"],
    ["a body without a value", {}, {}, 400, "invalid"],
    ["meta that fits nothing", { value: 1, meta: { values: ["nonsense"] } }, {}, 400, "invalid"],
    ["a member that nobody reads", { value: 1, nonsense: 1 }, {}, 400, "invalid"],
    ["an encoded value that is none", { encoded: { format: 1, text: "{" } }, {}, 400, "invalid"],
    ["an unknown option", { value: 1, options: { nonsense: 1 } }, {}, 400, "invalid"],
    ["a body that is too large", { value: "x".repeat(200_000) }, {}, 400, "invalid"],
    ["a caller without the right", { value: 1 }, { authorization: "nobody" }, 403, "forbidden"],
  ])("%s is refused, and nothing changes", async (_, body, headers, status, code) => {
    const stub = named();
    const response = await put(stub, body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
    expect(await stateClient(stub).scopes()).toEqual([]);
  });

  test("a veto and a conflict are 409 with the result; other addresses and methods are 404", async () => {
    const stub = named();
    const vetoed = await put(stub, { value: "secret" });
    expect([vetoed.status, await vetoed.json()]).toMatchObject([409, { value: { by: "no-secrets" } }]);
    expect((await put(stub, { value: 1, options: { expectedRevision: null } })).status).toBe(200);
    expect((await put(stub, { value: 2, options: { expectedRevision: null } })).status).toBe(409);
    for (const [method, path] of [
      ["GET", "/"],
      ["PATCH", "/scopes"],
      ["GET", "/scopes/a/b/c"],
      ["POST", "/batch/x"],
    ] as const)
      expect((await stub.fetch(`https://object${path}`, { method })).status, path).toBe(404);
    expect((await stub.fetch("https://object/scopes/nonsense/k")).status).toBe(400);
    expect((await stub.fetch("https://object/scopes/%E0%A4%A")).status).toBe(400);
    expect((await stub.fetch("https://object/watch")).status).toBe(400);
  });
});

describe("a watcher", () => {
  test("hears of each change of its scope once, in order, also across an eviction", async () => {
    const stub = named();
    const memory = stateClient(stub).scope(agent("a"));
    await memory.set("before", 1);
    const heard: WatchMessage[] = [];
    const watch = memory.watch((message) => heard.push(message));
    await watch.ready;
    await memory.set("k", new Set([1]));
    await stateClient(stub).scope(agent("b")).set("k", "not for this one");
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    await evictDurableObject(stub);
    await memory.set("k", 2);
    await memory.delete("k");
    await vi.waitFor(() => expect(heard).toHaveLength(3), 5_000);
    watch.stop();
    expect(heard.map(({ operation, value }) => [operation, value])).toEqual([
      ["set", new Set([1])],
      ["set", 2],
      ["delete", undefined],
    ]);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(3);
  });

  test("begins after the event that it knows", async () => {
    const memory = stateClient(named()).scope(agent("a"));
    const results = [];
    for (const n of [1, 2, 3]) results.push(await memory.set("k", n));
    const [first] = results;
    const heard: unknown[] = [];
    const since = first?.status === "committed" ? first.revision : "";
    const watch = memory.watch(({ value }) => heard.push(value), { since, key: "k" });
    await vi.waitFor(() => expect(heard).toEqual([2, 3]));
    watch.stop();
  });

  test("is refused what is no revision", async () => {
    const watch = stateClient(named()).watch(() => {}, { since: "nonsense" });
    expect(await refusalOf(watch.ready)).toBe("invalid");
  });
});

test("what is past its time is removed by the alarm, and the next alarm is set", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  await memory.set("soon", 1, { ttlMs: 30 });
  await memory.set("later", 1, { ttlMs: 60_000 });
  await memory.set("never", 1);
  await new Promise((resolve) => setTimeout(resolve, 60));
  await runDurableObjectAlarm(stub);
  await evictDurableObject(stub);
  const { entries } = await memory.list();
  expect(entries.map(({ key }) => key)).toEqual(["later", "never"]);
  const alarm = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
  expect(alarm).toBeGreaterThan(Date.now());
});

describe("a reader of copies", () => {
  test("reads the copy while it is young enough, else the object, and says which", async () => {
    const stub = named();
    const scope = agent("a");
    await stateClient(stub).scope(scope).set("k", new Date(1));
    const reader = edgeReader(env.COPIES, stub);
    await vi.waitFor(async () => {
      const read = await reader.read(scope, "k", { maxAgeMs: 60_000 });
      expect(read).toMatchObject({ value: new Date(1), from: "copy" });
    }, 5_000);
    expect(await reader.read(scope, "k", { maxAgeMs: 0 })).toMatchObject({ from: "object", ageMs: 0 });
    expect(await reader.read(scope, "absent", { maxAgeMs: 60_000 })).toMatchObject({ value: undefined });
    const again = await stateClient(stub).scope(scope).set("k", 2);
    const atLeast = again.status === "committed" ? again.revision : "";
    const own = await reader.read(scope, "k", { maxAgeMs: 60_000, atLeast });
    expect(own).toMatchObject({ value: 2, revision: atLeast });
    expect(await refusalOf(reader.read(scope, "k", { maxAgeMs: 1, atLeast: "nonsense" }))).toBe("invalid");
    expect(await refusalOf(reader.read(scope, "k", { maxAgeMs: -1 }))).toBe("TypeError");
  });

  test("a copy never shows what is past its time", async () => {
    const stub = named();
    await stateClient(stub).scope(agent("a")).set("k", 1, { ttlMs: 600_000 });
    const reader = edgeReader(env.COPIES, stub);
    await vi.waitFor(async () => {
      const read = await reader.read(agent("a"), "k", { maxAgeMs: 60_000 });
      expect(read).toMatchObject({ value: 1, from: "copy" });
    }, 5_000);
    const now = Date.now() + 600_000;
    const clock = vi.spyOn(Date, "now").mockReturnValue(now);
    const read = await reader.read(agent("a"), "k", { maxAgeMs: 1_200_000 });
    clock.mockRestore();
    expect(read).toMatchObject({ value: undefined, from: "copy" });
  });
});
