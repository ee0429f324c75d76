import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import type { StorageAdapter } from "../../src/adapter.ts";
import type { PersistenceOptions, StateManager } from "../../src/index.ts";
import { degraded, profile } from "../../src/testing.ts";
import { surroundings } from "./program.ts";
import { collect, open, quiet, turns } from "./world.ts";

const buffered: PersistenceOptions = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000 };
const { capabilities } = profile("strong");

describe("before the program may end", () => {
  test("what waits is stored, and whoever can waits for it", async () => {
    const storage = memory();
    const program = surroundings().program();
    const state = await open({ storage, persistence: buffered, ports: { lifecycle: program.lifecycle } });
    await state.set("a", 1);
    await program.suspend();
    expect(state.dirty).toBe(false);
    const other = await open({ storage });
    expect(other.get("a")).toBe(1);
    await Promise.all([state.close(), other.close()]);
  });

  test("where nothing waits nothing is touched: what was cleared stays so (C19)", async () => {
    const backend = degraded({ capabilities });
    const program = surroundings().program();
    const state = await open({
      storage: backend.adapter(),
      persistence: buffered,
      ports: { lifecycle: program.lifecycle },
    });
    expect(program.suspend()).toBeUndefined();
    expect(backend.effects).toBe(0);
    await state.set("a", 1);
    await state.clear();
    await state.flush();
    const { effects } = backend;
    expect(program.suspend()).toBeUndefined();
    await turns(50);
    expect([backend.effects, program.operations, state.size]).toEqual([effects, 0, 0]);
    await state.close();
  });

  test("nobody is asked before the open has finished, nor after the end (C16)", async () => {
    const storage = memory();
    const seeded = await open({ storage });
    await seeded.set("a", 1);
    await seeded.close();
    const program = surroundings().program();
    let during = -1;
    const slow: StorageAdapter = {
      ...storage,
      async open(opening) {
        const store = await storage.open(opening);
        during = program.listeners;
        expect(program.suspend()).toBeUndefined();
        return store;
      },
    };
    const state = await open({
      storage: slow,
      persistence: buffered,
      ports: { lifecycle: program.lifecycle },
    });
    expect([during, program.listeners, state.get("a")]).toEqual([0, 1, 1]);
    await state.close();
    expect(program.listeners).toBe(0);
  });

  test("the store is left alone by those that failed to open, and by readers and unbuffered ones", async () => {
    const storage = memory();
    const program = surroundings().program();
    const ports = { lifecycle: program.lifecycle };
    const reader = await open({ storage, persistence: buffered, require: { readOnly: true }, ports });
    const plain = await open({ storage, ports });
    const off = await open({ storage, persistence: { ...buffered, enabled: false }, ports });
    await expect(
      open({ storage, persistence: buffered, require: { durability: "power" }, ports }),
    ).rejects.toMatchObject({ code: "unsupported" });
    expect(program.listeners).toBe(0);
    await Promise.all([reader.close(), plain.close(), off.close()]);
  });

  test("the adapter brings the lifecycle; the option takes its place", async () => {
    const [own, given] = [surroundings().program(), surroundings().program()];
    const storage: StorageAdapter = { ...memory(), lifecycle: own.lifecycle };
    const state = await open({ storage, persistence: buffered });
    expect([own.listeners, given.listeners]).toEqual([1, 0]);
    await state.close();
    const other = await open({ storage, persistence: buffered, ports: { lifecycle: given.lifecycle } });
    expect([own.listeners, given.listeners]).toEqual([0, 1]);
    await other.close();
    await expect(open({ ports: { lifecycle: {} as never } })).rejects.toThrow("onSuspend");
    await expect(open({ persistence: { pendingJournal: 1 as never } })).rejects.toThrow("pendingJournal");
  });

  test("a failing flush is told and nothing is thrown; while a close is under way it still counts", async () => {
    const backend = degraded({ capabilities });
    const { entries, program: start } = surroundings();
    const program = start();
    const { logger } = quiet();
    const state = await open({
      storage: backend.adapter(),
      persistence: buffered,
      ports: { lifecycle: program.lifecycle, logger },
    });
    const failed = collect(state, "flush.failed");
    await state.set("a", 1);
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    await program.suspend();
    expect([failed.length, state.dirty, entries.size]).toEqual([1, true, 1]);
    await state.set("b", 1);
    const frozen = backend.freeze(backend.effects + 1);
    const closing = state.close();
    await frozen.reached;
    void program.suspend();
    expect(entries.size).toBe(2);
    frozen.thaw();
    await closing;
    expect(entries.size).toBe(0);
  });
});

describe("status.changed (C17)", () => {
  const statusOf = (state: StateManager) => {
    const told: unknown[] = [];
    state.events.on("status.changed", ({ data }) => told.push({ ...data }));
    return told;
  };

  test("is told when it changes, once for a burst", async () => {
    let now = 100;
    const state = await open({
      persistence: buffered,
      ports: { clock: { now: () => now, elapsed: () => now } },
    });
    const told = statusOf(state);
    for (let i = 0; i < 50; i++) await state.set(`k${i}`, i);
    expect(told).toEqual([{ dirty: true, pending: 1, lastDurableAt: undefined }]);
    now = 200;
    await state.flush();
    await turns();
    expect(told.slice(1)).toEqual([{ dirty: false, pending: 0, lastDurableAt: 200 }]);
    expect([state.dirty, state.lastDurableAt]).toEqual([false, 200]);
    await state.set("k", 1);
    now = 300;
    await state.close();
    expect(told.slice(2)).toEqual([
      { dirty: true, pending: 1, lastDurableAt: 200 },
      { dirty: false, pending: 0, lastDurableAt: 300 },
    ]);
  });

  test("says why nothing was stored, until something is", async () => {
    const backend = degraded({ capabilities });
    const state = await open({ storage: backend.adapter(), persistence: buffered });
    const told = statusOf(state);
    await state.set("a", 1);
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    await expect(state.flush()).rejects.toMatchObject({ code: "quota" });
    await turns();
    await state.set("b", 1);
    expect(told.slice(1)).toMatchObject([{ dirty: true, pending: 1, error: { code: "quota" } }]);
    await state.flush();
    await turns();
    expect(told.at(-1)).toMatchObject({ dirty: false, pending: 0 });
    expect(told.at(-1)).not.toHaveProperty("error");
    await state.close();
  });

  test("an error stays where nothing is dirty only because it was given up", async () => {
    const backend = degraded({ capabilities });
    const state = await open({ storage: backend.adapter(), persistence: buffered });
    const told = statusOf(state);
    await state.set("a", 1);
    await state.flush();
    await state.set("a", 2);
    backend.crash();
    await expect(state.flush()).rejects.toMatchObject({ code: "unknown_outcome" });
    await turns();
    expect(told.at(-1)).toMatchObject({ dirty: false, error: { code: "unknown_outcome" } });
    await state.close().catch((error: unknown) => error);
  });

  test("tells that none waits also where the last one was refused when it was asked again", async () => {
    const storage = memory();
    const [a, b] = [await open({ storage, persistence: buffered }), await open({ storage })];
    const told = statusOf(a);
    await a.update("n", (n) => {
      if (n !== undefined) throw new TypeError("taken");
      return 1;
    });
    await b.set("n", 10);
    await a.flush();
    await turns();
    expect(told).toMatchObject([{ dirty: true }, { dirty: false }]);
    await Promise.all([a.close(), b.close()]);
  });

  test("counts what is being decided again", async () => {
    const storage = memory();
    const [a, b] = [await open({ storage, persistence: buffered }), await open({ storage })];
    await a.update("n", (n) => ((n as number | undefined) ?? 0) + 1);
    let seen: unknown;
    a.hooks.on("before_state_change", { id: "slow" }, async () => {
      await turns(5);
      seen = a.dirty;
    });
    await b.set("n", 10);
    await a.flush();
    expect([seen, a.dirty, a.get("n")]).toEqual([true, false, 11]);
    await Promise.all([a.close(), b.close()]);
  });
});
