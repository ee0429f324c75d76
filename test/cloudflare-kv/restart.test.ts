import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cloudflareKv, type KvNamespaceLike } from "../../adapters/cloudflare-kv/index.ts";
import { type EventTypes, isStateError, StateManager } from "../../src/index.ts";

const STALENESS = 60_000;
const realTimeout = globalThis.setTimeout;
const singleWriter = { singleWriter: true } as const;

/** A namespace that can go on showing what it held before, as KV may to whoever asks elsewhere. */
class Namespace implements KvNamespaceLike {
  readonly held = new Map<string, string>();
  puts = 0;
  private old: Map<string, string> | undefined;

  /** From now on only what is put from now on is new. */
  showOld(snapshot: ReadonlyMap<string, string>): void {
    this.old = new Map(snapshot);
  }
  showAll(): void {
    this.old = undefined;
  }
  get shown(): ReadonlyMap<string, string> {
    return this.old ?? this.held;
  }
  readonly get = (async (keys: string | string[]) => {
    const one = (key: string) => this.shown.get(key) ?? null;
    return typeof keys === "string" ? one(keys) : new Map(keys.map((key) => [key, one(key)]));
  }) as KvNamespaceLike["get"]; // one function for both forms
  async list({ prefix }: { prefix: string }) {
    const names = [...this.shown.keys()].filter((name) => name.startsWith(prefix)).sort();
    return { keys: names.map((name) => ({ name })), list_complete: true };
  }
  async put(key: string, value: string): Promise<void> {
    this.puts++;
    this.held.set(key, value);
    this.old?.set(key, value);
  }
  async delete(key: string): Promise<void> {
    this.held.delete(key);
    this.old?.delete(key);
  }
}

/** An earlier life, whose second commit KV does not show. */
async function earlierLife(kv: Namespace): Promise<void> {
  const state = await StateManager.open({
    storage: cloudflareKv(kv, { settleMs: 0 }),
    require: singleWriter,
  });
  await passing(state.set("a", 1));
  const old = new Map(kv.held);
  await passing(state.set("a", 2));
  await passing(state.close());
  kv.showOld(old);
  kv.puts = 0;
}

/** Lets time pass until it is done. */
async function passing<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => {
    /* whoever awaits the work is told */
  });
  for (let step = 0; step < 5000 && !isDone; step++) {
    await vi.advanceTimersByTimeAsync(100);
    await new Promise((resolve) => realTimeout(resolve, 1)); // code that is loaded when it is needed takes real time
  }
  expect(isDone).toBe(true);
  return done;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a writer that starts again while KV shows an old head", () => {
  it("puts nothing before all can see what an earlier life wrote, and then builds on that", async () => {
    const kv = new Namespace();
    await earlierLife(kv);
    const storage = cloudflareKv(kv);
    const quiet = { logger: { warn: vi.fn(), error: vi.fn() } };
    const second = await StateManager.open({ storage, require: singleWriter, ports: quiet });
    expect(second.get("a")).toBe(1);
    const setting = second.set("b", 1).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(STALENESS - 2000);
    expect(kv.puts).toBe(0);
    kv.showAll();
    expect(await passing(setting)).toSatisfy((error) => isStateError(error, "unknown_outcome"));
    await passing(second.close());
    expect(kv.puts).toBe(0);
    const third = await StateManager.open({ storage, require: singleWriter });
    expect([third.get("a"), third.get("b")]).toEqual([2, undefined]);
    await passing(third.set("b", 2));
    await passing(third.close());
    const logger = { warn: vi.fn(), error: vi.fn() };
    const last = await StateManager.open({ storage, require: { readOnly: true }, ports: { logger } });
    expect([last.get("a"), last.get("b")]).toEqual([2, 2]);
    await passing(last.close());
    expect([logger.warn.mock.calls, logger.error.mock.calls]).toEqual([[], []]);
  });

  it("that does not wait loses nothing without a word: each open tells, with the values", async () => {
    const kv = new Namespace();
    await earlierLife(kv);
    const second = await StateManager.open({
      storage: cloudflareKv(kv, { settleMs: 0 }),
      require: singleWriter,
    });
    for (const value of [1, 2])
      expect(await passing(second.set("b", value))).toMatchObject({ status: "committed" });
    kv.showAll();
    await passing(second.close());
    for (let life = 0; life < 3; life++) {
      const logger = { warn: vi.fn(), error: vi.fn() };
      const reader = await StateManager.open({
        storage: cloudflareKv(kv),
        require: { readOnly: true },
        ports: { logger },
      });
      const heard: EventTypes["store.forked"][] = [];
      reader.events.on("store.forked", ({ data }) => heard.push(data));
      expect([reader.get("a"), reader.get("b")]).toEqual([1, 2]);
      await passing(reader.close());
      expect(logger.warn).toHaveBeenCalledOnce();
      expect(logger.warn.mock.calls[0]?.[0]).toContain("forked");
      expect(heard.map(({ pages }) => pages.flatMap(({ changes }) => changes))).toMatchObject([
        [{ scope: "global", key: "a", operation: "set", value: 2 }],
      ]);
      const [page] = heard[0]?.pages ?? [];
      expect(kv.held.has(`keepstate/j/${page?.revision}`)).toBe(true);
      await vi.advanceTimersByTimeAsync(30 * STALENESS);
    }
  });
});

describe("the first commit", () => {
  const open = async (kv: KvNamespaceLike, options = {}) =>
    StateManager.open({ storage: cloudflareKv(kv, options), require: singleWriter });

  it("of a new store waits as well, since a missing head may be an old read", async () => {
    const kv = new Namespace();
    const state = await open(kv);
    const setting = state.set("a", 1);
    await vi.advanceTimersByTimeAsync(STALENESS - 2000);
    expect(kv.puts).toBe(0);
    expect(await passing(setting)).toMatchObject({ status: "committed" });
    await passing(state.close());
  });

  it("waits from the opening on, as long as is declared", async () => {
    const kv = new Namespace();
    const state = await open(kv, { stalenessMs: 2 * STALENESS });
    await vi.advanceTimersByTimeAsync(STALENESS);
    const setting = state.set("a", 1);
    await vi.advanceTimersByTimeAsync(STALENESS - 2000);
    expect(kv.puts).toBe(0);
    await vi.advanceTimersByTimeAsync(4000);
    expect(await setting).toMatchObject({ status: "committed" });
    await passing(state.close());
  });

  it("does not wait where the adapter remembers its head, nor do later ones", async () => {
    const kv = new Namespace();
    const storage = cloudflareKv(kv);
    const first = await StateManager.open({ storage, require: singleWriter });
    await passing(first.set("a", 1));
    for (let n = 2; n < 5; n++) {
      const setting = first.set("a", n);
      await vi.advanceTimersByTimeAsync(2000);
      expect(await setting).toMatchObject({ status: "committed" });
    }
    await passing(first.close());
    const second = await StateManager.open({ storage, require: singleWriter });
    const setting = second.set("a", 5);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await setting).toMatchObject({ status: "committed" });
    const closing = second.close();
    await vi.advanceTimersByTimeAsync(8000);
    await closing;
    // After a while another program may have written.
    await vi.advanceTimersByTimeAsync(3 * STALENESS);
    kv.puts = 0;
    const third = await StateManager.open({ storage, require: singleWriter });
    const late = third.set("a", 6);
    await vi.advanceTimersByTimeAsync(STALENESS - 2000);
    expect(kv.puts).toBe(0);
    await passing(late);
    await passing(third.close());
  });

  it("is not waited for by who closes a store that was only read", async () => {
    const state = await open(new Namespace());
    await state.close();
  });

  it.each([-1, 0.5, Number.NaN, "1"])("refuses to wait for %s", (settleMs) => {
    // @ts-expect-error not always a number
    expect(() => cloudflareKv(new Namespace(), { settleMs })).toThrow(TypeError);
  });
});
