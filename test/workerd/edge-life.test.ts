/** What happens to watchers, alarms and requests when connections, storage and objects fail. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { type Packed, StateObject, stateClient } from "../../src/edge.ts";
import { agent, isStateError } from "../../src/index.ts";

const named = () => env.AGENTS.get(env.AGENTS.idFromName(crypto.randomUUID()));
type Stub = ReturnType<typeof named>;

async function socketOf(stub: Stub, path = "/watch"): Promise<WebSocket> {
  const response = await stub.fetch(`https://object${path}`, { headers: { upgrade: "websocket" } });
  const socket = response.webSocket;
  if (socket === null) throw new TypeError(`no socket: ${response.status}`);
  socket.accept();
  return socket;
}

const alarmOf = (stub: Stub) => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());

test("a watcher that loses its connection before the first change hears of what came meanwhile", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  const heard: unknown[] = [];
  const watch = memory.watch(({ value }) => heard.push(value));
  await watch.ready;
  await runInDurableObject(stub, (_, object) => {
    for (const socket of object.getWebSockets()) socket.close(1012, "restart");
  });
  await memory.set("k", 1);
  await vi.waitFor(() => expect(heard).toEqual([1]), 5_000);
  await memory.set("k", 2);
  await vi.waitFor(() => expect(heard).toEqual([1, 2]), 5_000);
  watch.stop();
});

test("a watcher is greeted with where it begins, may talk, and is closed when it closes", async () => {
  const stub = named();
  await stateClient(stub).set("k", 1);
  const socket = await socketOf(stub);
  const messages: unknown[] = [];
  socket.addEventListener("message", ({ data }) => void messages.push(JSON.parse(String(data))));
  const closed = new Promise<boolean>((resolve) => {
    socket.addEventListener("close", ({ wasClean }) => resolve(wasClean));
  });
  socket.send("hello");
  await stateClient(stub).set("k", 2);
  await vi.waitFor(() => expect(messages).toHaveLength(2), 5_000);
  expect(messages).toMatchObject([
    { value: { type: "watching", id: expect.stringMatching(/^\w{26}$/) } },
    { value: { type: "state.changed", key: "k", value: 2 } },
  ]);
  socket.close(1000, "done");
  expect(await closed).toBe(true);
  await vi.waitFor(async () => {
    const left = await runInDurableObject(stub, (_, object) => object.getWebSockets().length);
    expect(left).toBe(0);
  }, 5_000);
});

test("sockets that a subclass accepts itself are left to it", async () => {
  const stub = named();
  const socket = await socketOf(stub, "/own");
  const heard: unknown[] = [];
  socket.addEventListener("message", ({ data }) => void heard.push(data));
  await evictDurableObject(stub);
  expect(await stateClient(stub).set("k", 1)).toMatchObject({ status: "committed" });
  const attachments = await runInDurableObject(stub, (_, object) =>
    object.getWebSockets().map((socket) => socket.deserializeAttachment()),
  );
  expect(attachments).toEqual(["own"]);
  expect(heard).toEqual([]);
  socket.close();
});

test("a store that cannot be opened says so with a code, and works again when it can", async () => {
  const stub = named();
  await stateClient(stub).set("k", 1);
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("ALTER TABLE keepstate RENAME TO kept");
    storage.sql.exec("CREATE TABLE keepstate (foreign_column)");
  });
  await evictDurableObject(stub);
  const refusal: unknown = await stateClient(stub)
    .get("k")
    .catch((error: unknown) => error);
  expect(isStateError(refusal, "unavailable")).toBe(true);
  const response = await stub.fetch("https://object/scopes");
  expect([response.status, await response.json()]).toMatchObject([503, { error: { code: "unavailable" } }]);
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("DROP TABLE keepstate");
    storage.sql.exec("ALTER TABLE kept RENAME TO keepstate");
  });
  expect(await stateClient(stub).get("k")).toBe(1);
});

test("an expiry so far off that the platform knows no such time is kept, and an alarm set", async () => {
  const stub = named();
  expect(await stateClient(stub).set("k", 1, { ttlMs: 1e15 })).toMatchObject({ status: "committed" });
  expect(await alarmOf(stub)).toBeGreaterThan(Date.now());
});

test("a write that is refused leaves no alarm behind where its ttl is no time", async () => {
  const stub = named();
  const refusal: unknown = await stateClient(stub)
    .set("k", 1, { ttlMs: -5 })
    .catch((error: unknown) => error);
  expect(isStateError(refusal, "invalid")).toBe(true);
  expect(await alarmOf(stub)).toBeNull();
});

test("calls that are not awaited take effect in their order, with and without an expiry", async () => {
  const stub = named();
  const memory = stateClient(stub).scope(agent("a"));
  await memory.set("warm", 1, { ttlMs: 120_000 });
  const calls = Array.from({ length: 20 }, (_, i) => [
    memory.set(`k${i}`, "first", { ttlMs: 60_000 - i }),
    memory.set(`k${i}`, "last"),
  ]);
  await Promise.all(calls.flat());
  const { entries } = await memory.list();
  expect(entries.filter(({ value }) => value === "first")).toEqual([]);
  expect(await alarmOf(stub)).toBeGreaterThan(Date.now());
});

test("an alarm that fails is set again", async () => {
  const stub = named();
  await stateClient(stub).set("k", 1, { ttlMs: 60_000 });
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec("ALTER TABLE keepstate RENAME TO kept");
    storage.sql.exec("CREATE TABLE keepstate (foreign_column)");
  });
  await evictDurableObject(stub);
  await runDurableObjectAlarm(stub);
  expect(await alarmOf(stub)).toBeGreaterThan(Date.now());
});

test("fields of the subclass are set before it is asked for anything", async () => {
  const stub = named();
  expect(await stateClient(stub).set("k", "secret")).toMatchObject({ status: "cancelled" });
  const { events } = await stateClient(stub).with({}).timeline("none");
  expect(events).toEqual([]);
  expect(await runInDurableObject(stub, (agents) => agents.askedFirst)).toEqual([
    "fields",
    "options",
    "configure",
  ]);
});

test("an object in buffered mode is refused: the platform holds back no answer for what only waits to be stored", async () => {
  const persistence = { mode: "buffered" } as const;
  class Buffered extends StateObject {
    // @ts-expect-error: it is refused before it runs, too
    protected override options(): { persistence: { mode: "buffered" } } {
      return { persistence };
    }
  }
  await runInDurableObject(named(), async (_, context) => {
    const object = new Buffered(context, {});
    const stub = {
      keepstate: (packed: Packed) => object.keepstate(packed),
      fetch: () => Promise.reject(new TypeError("no HTTP here")),
    };
    await expect(stateClient(stub).set("k", 1)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("buffered"),
    });
    expect([...context.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'keepstate'")]).toEqual(
      [],
    );
  });
});
