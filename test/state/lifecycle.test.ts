import { describe, expect, test } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { agent, globalScope, StateManager } from "../../src/index.ts";
import { degraded, profile } from "../../src/testing.ts";
import { collect, open, quiet, turns } from "./world.ts";

describe("close", () => {
  test("waits for hooks of both points and for handlers (T27)", async () => {
    const storage = memory();
    const state = await open({ storage });
    const done: string[] = [];
    const slow = (name: string) => async () => {
      await turns(30);
      done.push(name);
    };
    state.hooks.on("before_state_change", { id: "b", replayable: true }, slow("before"));
    state.hooks.on("after_state_change", { id: "a", replayable: true }, slow("after"));
    state.events.on("state.changed", slow("handler"));
    const writing = state.set("k", 1, { correlationId: "run" });
    await state.close();
    expect(done.sort()).toEqual(["after", "before", "handler"]);
    expect(await writing).toMatchObject({ status: "committed" });
    const again = await open({ storage });
    expect(again.get("k")).toBe(1);
    expect((await again.executions("run")).map((run) => run.hookId)).toEqual(["b", "a"]);
    await again.close();
  });

  test("may be called twice, at once, and by using", async () => {
    const state = await open();
    await Promise.all([state.close(), state.close()]);
    await state.close();
    const storage = memory();
    {
      await using inner = await open({ storage });
      await inner.set("k", 1);
    }
    await using again = await open({ storage });
    expect(again.get("k")).toBe(1);
  });

  test("cannot be ended by half: a store has no Symbol.dispose", async () => {
    await using state = await open();
    expect(Symbol.dispose in state).toBe(false);
    expect(Symbol.dispose in state.with({ actor: "me" })).toBe(false);
  });

  test("lets go of the storage also when the last flush fails, and says so", async () => {
    const backend = degraded({ capabilities: profile("strong").capabilities });
    const state = await open({
      storage: backend.adapter(),
      persistence: { mode: "buffered", flushIntervalMs: 600_000 },
    });
    await state.set("k", 1);
    backend.plan({ at: backend.effects + 1, kind: "fail-before", as: "quota" });
    await expect(state.close()).rejects.toMatchObject({ code: "quota" });
    await expect(state.set("k", 2)).rejects.toMatchObject({ code: "closed" });
  });
});

describe("use after close is an error", () => {
  const calls: Record<string, (s: Awaited<ReturnType<typeof open>>) => unknown> = {
    get: (s) => s.get("k"),
    has: (s) => s.has("k"),
    keys: (s) => s.keys(),
    entries: (s) => s.entries(),
    size: (s) => s.size,
    revision: (s) => s.revision("k"),
    set: (s) => s.set("k", 2),
    delete: (s) => s.delete("k"),
    update: (s) => s.update("k", () => 2),
    clear: (s) => s.clear(),
    scope: (s) => s.scope(agent("a")),
    agent: (s) => s.agent("a"),
    read: (s) => s.read(agent("a"), "k"),
    setWithHooks: (s) => s.setWithHooks(agent("a"), "k", 1),
    batch: (s) => s.batch((tx) => tx.set(globalScope(), "k", 2)),
    setMany: (s) => s.setMany([{ scope: globalScope(), key: "k", value: 2 }]),
    scopes: (s) => s.scopes(),
    timeline: (s) => s.timeline("run"),
    executions: (s) => s.executions("run"),
    flush: (s) => s.flush(),
    checkpoint: (s) => s.checkpoint(),
    "with.set": (s) => s.with({ actor: "me" }).set("k", 2),
    "with.get": (s) => s.with({ actor: "me" }).get("k"),
    "events.on": (s) => s.events.on("*", () => undefined),
    "events.since": (s) => s.events.since("0".repeat(26)).next(),
  };
  test.each(Object.keys(calls))("%s of the store", async (name) => {
    const storage = memory();
    const state = await open({ storage });
    await state.set("k", 1);
    await state.close();
    const call = async () => calls[name]?.(state);
    await expect(call()).rejects.toMatchObject({ code: "closed" });
    const again = await open({ storage });
    expect(again.entries()).toEqual([["k", 1]]);
    await again.close();
  });

  test.each(["get", "has", "keys", "entries", "size", "revision", "set", "delete", "update", "clear"])(
    "%s of a handle, its own close and that of the store",
    async (name) => {
      const state = await open();
      const [own, stores] = [await state.agent("a"), await state.agent("a")];
      const bound = own.with({ actor: "me" });
      await own.set("k", 1);
      own.close();
      own.close();
      const use = async (handle: typeof own) => calls[name]?.(handle as never);
      await expect(use(own)).rejects.toMatchObject({ code: "closed" });
      await expect(use(bound)).rejects.toMatchObject({ code: "closed" });
      expect(stores.get("k")).toBe(1);
      await state.close();
      await expect(use(stores)).rejects.toMatchObject({ code: "closed" });
    },
  );
});

test("a handle is given back by using, and its writes go on", async () => {
  await using state = await open();
  let writing: Promise<unknown>;
  {
    using a = await state.agent("a");
    writing = a.set("k", 1);
  }
  expect(await writing).toMatchObject({ status: "committed" });
  expect(await state.read(agent("a"), "k")).toBe(1);
});

describe("memory (cacheSizeLimit)", () => {
  test("scopes that nobody holds leave it, and come back as they were; held ones stay", async () => {
    await using state = await open({ persistence: { cacheSizeLimit: 5 } });
    using held = await state.agent("held");
    await held.set("k", "here");
    for (let i = 0; i < 20; i++) {
      using one = await state.agent(`a${i}`);
      await one.set("k", i);
      await one.set("l", i);
    }
    expect(held.get("k")).toBe("here");
    for (let i = 0; i < 20; i++) {
      using one = await state.agent(`a${i}`);
      expect([one.get("k"), one.get("l")]).toEqual([i, i]);
    }
  });

  test("what is not stored yet never leaves it", async () => {
    const storage = memory();
    await using state = await open({
      storage,
      persistence: { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000, cacheSizeLimit: 0 },
    });
    for (let i = 0; i < 20; i++) await state.setWithHooks(agent(`a${i}`), "k", i);
    for (let i = 0; i < 20; i++) {
      using one = await state.agent(`a${i}`);
      expect(one.get("k")).toBe(i);
    }
    await state.flush();
    for (let i = 0; i < 20; i++) expect(await state.read(agent(`a${i}`), "k")).toBe(i);
  });
});

describe("open", () => {
  const weak = { ...profile("weak").capabilities, durability: "process" as const };

  test("refuses a store that lacks what is required, in a readable sentence", async () => {
    const backend = degraded({ capabilities: { ...weak, atomicity: "prefix" } });
    const refused = open({
      storage: backend.adapter(),
      require: { durability: "power", atomicity: "batch" },
    });
    await expect(refused).rejects.toMatchObject({ code: "unsupported", facts: { adapter: "degraded" } });
    await expect(refused).rejects.toThrow(
      /^storage degraded does not offer what is required: .*durability.*/,
    );
    expect(backend.effects).toBe(0);
  });

  test("refuses a store that cannot keep others out, unless somebody vouches for it", async () => {
    const local = () =>
      degraded({ capabilities: profile("local", { swap: "local" }).capabilities }).adapter();
    await expect(open({ storage: local() })).rejects.toMatchObject({ code: "unsupported" });
    const state = await open({ storage: local(), require: { singleWriter: true } });
    expect(await state.set("k", 1)).toMatchObject({ status: "committed" });
    await state.close();
  });

  test("read-only reads, refuses every write, and changes nothing", async () => {
    const storage = memory();
    const writer = await open({ storage });
    await writer.set("k", 1);
    const reader = await open({ storage, require: { readOnly: true } });
    expect(reader.get("k")).toBe(1);
    for (const write of [
      () => reader.set("k", 2),
      () => reader.delete("k"),
      () => reader.batch((tx) => tx.set(globalScope(), "k", 2)),
      () => reader.update("k", () => 2),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: "read_only" });
    }
    expect(reader.get("k")).toBe(1);
    expect(await reader.checkpoint()).toBe(false);
    await reader.close();
    await writer.close();
  });

  test("tells where it is and what it offers", async () => {
    await using state = await open();
    expect(state.storageMode).toBe("memory");
    expect(state.capabilities).toMatchObject({ atomicity: "batch", swap: "shared" });
    expect(state.headRevision).toBe("0".repeat(26));
  });

  test.each<[string, unknown]>([
    ["an unknown option", { storge: memory() }],
    ["an unknown option of persistence", { persistence: { flushInterval: 1 } }],
    ["an unknown option of require", { require: { readonly: true } }],
    ["a mode that is none", { persistence: { mode: "lazy" } }],
    ["a batch size of 0", { persistence: { batchSize: 0 } }],
    ["a negative interval", { persistence: { flushIntervalMs: -1 } }],
    ["a fraction", { persistence: { cacheSizeLimit: 1.5 } }],
    ["an empty pattern", { persistence: { immediateFlushPatterns: [""] } }],
    ["patterns that are no list", { persistence: { immediateFlushPatterns: "critical:*" } }],
    ["a storage that is none", { storage: "memory" }],
    ["a storage that is null", { storage: null }],
    ["a schema without a version", { schema: { scopes: {} } }],
    ["a schema that is null", { schema: null }],
    ["a schema without scopes", { schema: { version: 1 } }],
    ["null options", null],
    ["persistence that is null", { persistence: null }],
    ["a durability that is none", { require: { durability: "forever" } }],
    ["types that are no list", { types: 5 }],
    ["ports that are none", { ports: { clock: 5 } }],
  ])("refuses %s", async (_, options) => {
    await expect(StateManager.open(options as never)).rejects.toSatisfy(isRefusal);
  });
});

test("a failure that nobody listens to is said to the logger, and a logger that fails harms nobody", async () => {
  const { lines, logger } = quiet();
  await using state = await open({ ports: { logger } });
  state.hooks.on("after_state_change", { id: "broken" }, () => {
    throw new TypeError("boom");
  });
  await state.set("k", 1);
  expect(lines).toEqual(["hook.failed, and nobody listens"]);
  const events = collect(state, "hook.failed");
  await state.set("k", 2);
  expect([lines.length, events.length]).toEqual([1, 1]);
});

function isRefusal(error: unknown): boolean {
  if (error instanceof TypeError)
    return !/Cannot read|undefined \(reading|is not a function|is not iterable/.test(error.message);
  return (error as { code?: unknown }).code === "invalid";
}
