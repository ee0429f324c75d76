import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, globalScope, type StateChangeData, type UniversalEvent } from "../../src/index.ts";
import { collect, committed, handClock, open, turns } from "./world.ts";

const GLOBAL = globalScope();
const dataOf = (event: UniversalEvent | undefined) => event?.data as StateChangeData;

describe("state.changed (T9, G6)", () => {
  test("comes exactly once per change, whatever made it, with one payload", async () => {
    const { clock, advance } = handClock();
    await using state = await open({ ports: { clock } });
    const told = collect(state, "state.changed");
    await state.set("a", 1);
    await state.set("a", 2, { triggeredBy: "agent" });
    await state.delete("a");
    await state.batch((tx) => {
      tx.set(GLOBAL, "b", 1);
      tx.set(agent("x"), "b", 2);
    });
    await state.set("ttl", 1, { ttlMs: 50 });
    advance(100);
    await state.checkpoint();
    expect(told.map((e) => dataOf(e))).toMatchObject([
      { scope: "global", key: "a", operation: "set", oldValue: undefined, newValue: 1, triggeredBy: "user" },
      { scope: "global", key: "a", operation: "set", oldValue: 1, newValue: 2, triggeredBy: "agent" },
      {
        scope: "global",
        key: "a",
        operation: "delete",
        oldValue: 2,
        newValue: undefined,
        triggeredBy: "user",
      },
      { scope: "global", key: "b", operation: "set", newValue: 1 },
      { scope: "agent:x", key: "b", operation: "set", newValue: 2 },
      { scope: "global", key: "ttl", operation: "set", newValue: 1 },
      {
        scope: "global",
        key: "ttl",
        operation: "expire",
        oldValue: 1,
        newValue: undefined,
        triggeredBy: "system",
      },
    ]);
    for (const event of told) {
      expect(
        Object.keys(dataOf(event))
          .filter((k) => k !== "previousRevision")
          .sort(),
      ).toEqual(["key", "newValue", "oldValue", "operation", "scope", "triggeredBy"]);
      expect(event).toMatchObject({ type: "state.changed", schemaVersion: 1, metadata: { origin: "local" } });
    }
    expect(new Set(told.map((e) => e.id)).size).toBe(told.length);
    expect(told.map((e) => e.revision)).toEqual(told.map((e) => e.revision).sort());
    expect(dataOf(told[1]).previousRevision).toBe(told[0]?.revision);
    expect(dataOf(told[0])).not.toHaveProperty("previousRevision");
  });

  test("says what outlives the program", async () => {
    await using state = await open();
    const told = collect(state, "state.changed");
    await state.set("a", 1);
    expect(told[0]?.metadata.stateChangeType).toBe("ephemeral");
  });

  test("comes when the change is visible, and before its promise resolves", async () => {
    await using state = await open();
    const order: unknown[] = [];
    state.events.on("state.changed", () => order.push(["event", state.get("a")]));
    await state.set("a", 1).then(() => order.push("resolved"));
    expect(order).toEqual([["event", 1], "resolved"]);
  });

  test("of another writer comes too, once, in journal order with our own", async () => {
    const storage = memory();
    const [a, b] = [await open({ storage }), await open({ storage })];
    const told = collect(a, "state.changed");
    for (let i = 0; i < 10; i++) await Promise.all([a.set(`a${i}`, i), b.set(`b${i}`, i)]);
    await a.set("last", 1);
    expect(told).toHaveLength(21);
    expect(told.map((e) => e.id)).toEqual(told.map((e) => e.id).toSorted());
    expect(told.filter((e) => e.metadata.origin === "remote")).toHaveLength(10);
    await Promise.all([a.close(), b.close()]);
  });

  test("of another writer has the old value where it is known, and its scope in memory follows", async () => {
    const storage = memory();
    const [a, b] = [await open({ storage }), await open({ storage })];
    await a.set("k", 1);
    await b.set("other", 0);
    const told = collect(b, "state.changed");
    await a.set("k", 2);
    await b.set("other", 1);
    expect(dataOf(told[0])).toMatchObject({ key: "k", oldValue: 1, newValue: 2 });
    expect(b.get("k")).toBe(2);
    await Promise.all([a.close(), b.close()]);
  });
});

describe("events.since (G6)", () => {
  test("misses nothing and repeats nothing while writing goes on, over checkpoints", async () => {
    await using state = await open({ persistence: { checkpointEvery: 40 } });
    for (let i = 0; i < 100; i++) await state.set(`k${i % 7}`, i);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of state.events.since("0".repeat(26))) {
        seen.push(dataOf(event).newValue);
        if (seen.length % 10 === 0) await turns(3);
        if (seen.length === 300) break;
      }
    })();
    for (let i = 100; i < 300; i++) {
      await state.set(`k${i % 7}`, i);
      if (i % 90 === 0) await state.checkpoint();
    }
    await reading;
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  test("starts after the revision that is given, also in the middle of a page", async () => {
    await using state = await open();
    const results = await Promise.all([1, 2, 3, 4].map((i) => state.set("k", i)));
    const from = committed(results[1] as never).revision;
    const seen: unknown[] = [];
    for await (const event of state.events.since(from)) {
      seen.push(dataOf(event).newValue);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual([3, 4]);
  });

  test("ends when the store closes, or the signal says so", async () => {
    const state = await open();
    await state.set("k", 1);
    const controller = new AbortController();
    const read = async (signal?: AbortSignal) => {
      let count = 0;
      for await (const _ of state.events.since("0".repeat(26), signal)) count++;
      return count;
    };
    const [aborted, closed] = [read(controller.signal), read()];
    await turns(50);
    controller.abort();
    expect(await aborted).toBe(1);
    await state.close();
    expect(await closed).toBe(1);
  });

  test("has the events of the live ones: same ids and payloads", async () => {
    await using state = await open();
    const live = collect(state, "state.changed");
    await state.set("a", 1, { correlationId: "run", actor: "me" });
    await state.set("a", new Set([2]));
    await state.delete("a");
    const told: UniversalEvent[] = [];
    for await (const event of state.events.since("0".repeat(26))) {
      told.push(event);
      if (told.length === 3) break;
    }
    expect(told.map((e) => [e.id, e.revision, e.correlation, e.time])).toEqual(
      live.map((e) => [e.id, e.revision, e.correlation, e.time]),
    );
    expect(told.map((e) => [dataOf(e).operation, dataOf(e).newValue, dataOf(e).previousRevision])).toEqual(
      live.map((e) => [dataOf(e).operation, dataOf(e).newValue, dataOf(e).previousRevision]),
    );
  });
});

test("a handler may write, and unsubscribing ends it", async () => {
  await using state = await open();
  const off = state.events.on("state.changed", (event) => {
    if (dataOf(event).key === "a") void state.set("b", dataOf(event).newValue);
  });
  await state.set("a", 1);
  await state.flush();
  expect(state.get("b")).toBe(1);
  off();
  await state.set("a", 2);
  await state.flush();
  expect(state.get("b")).toBe(1);
});
