/** The alarm comes for each entry that has an expiry, whatever else the object does. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { StateObject, stateClient } from "../../src/edge.ts";
import { agent, proceed } from "../../src/index.ts";

const named = () => env.AGENTS.get(env.AGENTS.idFromName(crypto.randomUUID()));
const alarmOf = (stub: ReturnType<typeof named>) =>
  runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
const MINUTE_MS = 60_000;

test("of times that are asked for at once the earliest is kept", async () => {
  const stub = named();
  const earliest = Date.now() + MINUTE_MS;
  await runInDurableObject(stub, (object) => {
    const wakeAt: (time: number) => Promise<void> = Reflect.get(object, "wakeAt").bind(object);
    return Promise.all([2, 0, 1].map((late) => wakeAt(earliest + late * MINUTE_MS)));
  });
  expect(await alarmOf(stub)).toBe(earliest);
});

test("of writes that go on together the first to expire has its alarm", async () => {
  const stub = named();
  const state = stateClient(stub);
  const writes = [1, 60].map((minutes) =>
    state.scope(agent(`of ${minutes}`)).set("k", 1, { ttlMs: minutes * MINUTE_MS, actor: "held" }),
  );
  await state.set("k", 1);
  await runInDurableObject(stub, (agents) => agents.decide(true));
  await Promise.all(writes);
  expect((await alarmOf(stub)) ?? Infinity).toBeLessThan(Date.now() + 2 * MINUTE_MS);
});

test("an alarm that comes before the entry is stored is set again", async () => {
  const stub = named();
  let goOn = () => {};
  let isAsked = false;
  await runInDurableObject(stub, async (object) => {
    if (!(object instanceof StateObject)) throw new TypeError("not a StateObject");
    const state = await Reflect.get(object, "store").call(object);
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    state.hooks.on("before_state_change", { id: "slow" }, async () => {
      isAsked = true;
      await held;
      return proceed();
    });
  });
  const writing = stateClient(stub).set("k", 1, { ttlMs: MINUTE_MS });
  await vi.waitFor(() => expect(isAsked).toBe(true), 5_000);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(await alarmOf(stub)).toBeNull();
  await runInDurableObject(stub, goOn);
  await writing;
  expect(await alarmOf(stub)).toBeGreaterThan(Date.now());
});

test("an alarm that could not remove what is past its time comes again, but not at once", async () => {
  const stub = named();
  let tries = 0;
  await stateClient(stub).set("k", 1, { ttlMs: 500 });
  await runInDurableObject(stub, (_, { storage }) => {
    const commit = storage.transactionSync.bind(storage);
    vi.spyOn(storage, "transactionSync").mockImplementation((closure) => {
      // Not for ever: alarms that follow each other at once would leave no time to notice it.
      if (tries++ < 20) throw new Error("database or disk is full: SQLITE_FULL");
      return commit(closure);
    });
  });
  await vi.waitFor(() => expect(tries).toBeGreaterThan(0), 5_000);
  await vi.waitFor(async () => expect(await alarmOf(stub)).toBeGreaterThan(Date.now() + MINUTE_MS), 2_000);
  await runInDurableObject(stub, (_, { storage }) => vi.mocked(storage.transactionSync).mockRestore());
});
