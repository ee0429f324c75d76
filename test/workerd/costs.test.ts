/** What the platform charges for: rows. Counts, not times. */
import { expect, it } from "vitest";
import { durableObject } from "../../adapters/durable-object/index.ts";
import { agent, StateManager } from "../../src/index.ts";
import { counting } from "./counting.ts";
import { inObject } from "./objects.ts";

it("writes two rows for each commit, and reads one", () =>
  inObject("SQL", async (storage) => {
    const counted = counting(storage);
    const state = await StateManager.open({ storage: durableObject(counted.storage) });
    await state.set("first", 0);
    const worker = await state.agent("worker");
    counted.take();
    for (let n = 1; n <= 100; n++) {
      await worker.set(`k${n % 10}`, n);
      expect(counted.take()).toMatchObject({ rowsWritten: 2, rowsRead: 1 });
    }
    await state.batch((tx) => {
      for (let n = 0; n < 50; n++) tx.set(agent(`a${n}`), "k", n);
    });
    expect(counted.take()).toMatchObject({ rowsWritten: 2, rowsRead: 1 });
    await worker.set("large", "x".repeat(20_000));
    expect(counted.take()).toMatchObject({ rowsWritten: 3, rowsRead: 1 });
    await state.close();
  }));

it("writes 10,000 sets begun at once with a handful of rows", () =>
  inObject("SQL", async (storage) => {
    const counted = counting(storage);
    const state = await StateManager.open({
      storage: durableObject(counted.storage),
      persistence: { checkpointEvery: 1_000_000 },
    });
    counted.take();
    await Promise.all(Array.from({ length: 10_000 }, (_, n) => state.set(`k${n}`, n)));
    expect(counted.take().rowsWritten).toBeLessThanOrEqual(20);
    expect(state.get("k9999")).toBe(9999);
    await state.close();
  }));

it("opens a scope of 20,000 entries, a value of 5 MB and 50,000 changes by reading a bounded part", () =>
  inObject("SQL", async (storage) => {
    const first = await StateManager.open({ storage: durableObject(storage) });
    const big = await first.agent("big");
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        Array.from({ length: 10_000 }, (_, n) => big.set(`k${(round % 2) * 10_000 + n}`, { round, n })),
      );
    }
    const other = await first.agent("other");
    await other.set("text", "x".repeat(5_000_000));
    await first.close();
    const stored = storage.sql
      .exec<{ rows: number; bytes: number }>(
        "SELECT count(*) AS rows, sum(length(value)) AS bytes FROM keepstate",
      )
      .one();
    expect(stored.bytes).toBeGreaterThan(5_000_000);

    const counted = counting(storage);
    const state = await StateManager.open({ storage: durableObject(counted.storage) });
    const opening = counted.take();
    // Neither the history, nor a scope that nobody asked for, nor its large value.
    expect(opening.rowsRead).toBeLessThanOrEqual(12);
    expect(opening.bytesRead).toBeLessThan(200_000);

    const scope = await state.agent("big");
    const scoped = counted.take();
    expect(scope.keys()).toHaveLength(20_000);
    expect(scope.get("k19999")).toEqual({ round: 3, n: 9999 });
    expect(scope.get("k0")).toEqual({ round: 4, n: 0 });
    expect(scoped.bytesRead).toBeLessThan(8_000_000);
    expect(counted.take()).toMatchObject({ rowsRead: 0, statements: 0 });

    expect(await state.read(agent("other"), "text")).toHaveLength(5_000_000);
    const large = counted.take();
    expect(large.bytesRead).toBeLessThan(6_000_000);
    expect(large.rowsRead).toBeLessThanOrEqual(12);
    console.log("rows and bytes read", { stored, opening, scoped, large });
    await state.close();
  }));
