import { describe, expect, it } from "vitest";
import type { Batch, Capabilities, Key, Store } from "../../src/adapter.ts";
import { utf8 } from "../../src/ground/bytes.ts";
import { guard } from "../../src/store/guard.ts";
import { Crash, type DegradedBackend, degraded, isCrash, profile } from "../../src/testing.ts";

const key = (text: string) => text as Key;
const put = (name: string, text: string) => ({ put: key(name), value: utf8(text) });

function backendOf(weaker: Partial<Capabilities> = {}, seed = 1): DegradedBackend {
  return degraded({ capabilities: profile("x", weaker).capabilities, seed });
}

function program(backend: DegradedBackend): Promise<Store> {
  return backend.adapter().open({ readOnly: false });
}

/** What is stored, as `a=1 b=2`. */
function stored(backend: DegradedBackend): string {
  const entries = [...backend.contents()].map(
    ([name, value]) => `${name}=${new TextDecoder().decode(value)}`,
  );
  return entries.sort().join(" ");
}

const THREE: Batch = {
  writes: [put("a", "1"), put("b", "1")],
  swap: { key: key("head"), from: undefined, to: utf8("1") },
};

describe("effects of a degraded store", () => {
  it("are the single writes where atomicity is prefix, and the commit where it is batch", async () => {
    const prefix = backendOf({ atomicity: "prefix" });
    await (await program(prefix)).commit(THREE);
    expect(prefix.effects).toBe(3);
    const batch = backendOf();
    await (await program(batch)).commit(THREE);
    expect(batch.effects).toBe(1);
  });

  const outcomes = {
    "crash-before": ["", "a=1", "a=1 b=1"],
    "crash-after": ["a=1", "a=1 b=1", "a=1 b=1 head=1"],
    "fail-before": ["", "a=1", "a=1 b=1"],
    "fail-after": ["a=1", "a=1 b=1", "a=1 b=1 head=1"],
  } as const;
  for (const [kind, landed] of Object.entries(outcomes) as [keyof typeof outcomes, readonly string[]][]) {
    it(`${kind}: leaves exactly what had landed`, async () => {
      for (const [i, left] of landed.entries()) {
        const backend = backendOf({ atomicity: "prefix" });
        const store = await program(backend);
        backend.plan({ at: i + 1, kind });
        const error: unknown = await store.commit(THREE).catch((reason: unknown) => reason);
        expect(isCrash(error)).toBe(kind.startsWith("crash"));
        expect(error).toBeInstanceOf(Error);
        expect(stored(backend)).toBe(left);
        const alive = await store.get([key("a")]).catch((reason: unknown) => reason);
        expect(alive instanceof Crash).toBe(kind.startsWith("crash"));
      }
      const backend = backendOf();
      backend.plan({ at: 1, kind });
      await expect((await program(backend)).commit(THREE)).rejects.toThrow();
      expect(stored(backend)).toBe(kind.endsWith("after") ? "a=1 b=1 head=1" : "");
    });
  }

  it("a crash kills one opening for good; others and new ones go on", async () => {
    const backend = backendOf();
    const [dying, other] = [await program(backend), await program(backend)];
    backend.plan({ at: 1, kind: "crash-after" });
    await expect(dying.commit(THREE)).rejects.toThrow(Crash);
    await expect(dying.close()).rejects.toThrow(Crash);
    await expect(
      dying
        .scan({ from: key("a"), to: key("z") })
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toThrow(Crash);
    expect(await other.get([key("a")])).toEqual([utf8("1")]);
    expect(await (await program(backend)).get([key("a")])).toEqual([utf8("1")]);
    backend.crash();
    await expect(other.get([key("a")])).rejects.toThrow(Crash);
  });

  it("a crash is known behind the guard, and a planned failure by its name", async () => {
    const backend = backendOf();
    const store = await guard(backend.adapter(), { readOnly: false });
    backend.plan({ at: 1, kind: "fail-before", as: "quota" }, { at: 2, kind: "crash-before" });
    await expect(store.commit(THREE)).rejects.toMatchObject({ code: "quota" });
    const error: unknown = await store.commit(THREE).catch((reason: unknown) => reason);
    expect(isCrash(error)).toBe(true);
    backend.failReads(1, "corrupt");
    const next = await guard(backend.adapter(), { readOnly: false });
    await expect(next.get([key("a")])).rejects.toMatchObject({ code: "corrupt" });
    expect(await next.get([key("a")])).toEqual([undefined]);
  });

  it("conflict-unmoved: deletions land though the swap reports a conflict, where atomicity is prefix", async () => {
    for (const [atomicity, left] of [
      ["prefix", "head=1"],
      ["batch", "a=1 b=1 head=1"],
    ] as const) {
      const backend = backendOf({ atomicity });
      const store = await program(backend);
      await store.commit(THREE);
      backend.plan({ at: backend.effects + 1, kind: "conflict-unmoved" });
      const writes = [{ delete: key("a") }, { delete: key("b") }];
      const swap = { key: key("head"), from: utf8("1"), to: utf8("2") };
      expect(await store.commit({ writes, swap })).toBe("conflict");
      expect(stored(backend)).toBe(left);
    }
  });

  it("conflict-applied: reports a conflict for what landed", async () => {
    const backend = backendOf({ atomicity: "prefix" });
    backend.plan({ at: 1, kind: "conflict-applied" });
    expect(await (await program(backend)).commit(THREE)).toBe("conflict");
    expect(stored(backend)).toBe("a=1 b=1 head=1");
  });

  it("freeze: a writer stands still between two effects while another goes on, and loses then", async () => {
    const backend = backendOf({ atomicity: "prefix" });
    const [slow, fast] = [await program(backend), await program(backend)];
    const { reached, thaw } = backend.freeze(2);
    const losing = slow.commit(THREE);
    await reached;
    expect(stored(backend)).toBe("a=1");
    const swap = { key: key("head"), from: undefined, to: utf8("fast") };
    expect(await fast.commit({ writes: [], swap })).toBe("committed");
    thaw();
    expect(await losing).toBe("conflict");
    expect(stored(backend)).toBe("a=1 b=1 head=fast");
  });
});

describe("a degraded store", () => {
  it("with a local swap lets a frozen writer of another program overwrite, and one of its own not", async () => {
    for (const own of [true, false]) {
      const backend = backendOf({ swap: "local" });
      const adapter = backend.adapter();
      const slow = await adapter.open({ readOnly: false });
      const fast = await (own ? adapter : backend.adapter()).open({ readOnly: false });
      const { reached, thaw } = backend.freeze(1);
      const slowly = slow.commit({
        writes: [],
        swap: { key: key("head"), from: undefined, to: utf8("slow") },
      });
      await reached;
      await fast.commit({ writes: [], swap: { key: key("head"), from: undefined, to: utf8("fast") } });
      thaw();
      expect(await slowly).toBe(own ? "conflict" : "committed");
      expect(stored(backend)).toBe(own ? "head=fast" : "head=slow");
    }
  });

  it("that is eventual reads old and absent values until it has settled or time has passed", async () => {
    for (const ages of [true, false]) {
      const backend = backendOf({ consistency: "eventual", stalenessMs: 1000, atomicity: "prefix" });
      const store = await program(backend);
      await store.commit({ writes: [put("a", "1")] });
      await store.commit({ writes: [put("a", "2")] });
      const seen = new Set<string>();
      const read = async () => {
        const [value] = await store.get([key("a")]);
        return value === undefined ? "absent" : new TextDecoder().decode(value);
      };
      for (let round = 0; round < 200; round++) seen.add(await read());
      expect([...seen].sort()).toEqual(["1", "2", "absent"]);
      if (ages) backend.advance(1000);
      else backend.settle();
      for (let round = 0; round < 50; round++) expect(await read()).toBe("2");
    }
  });

  it("that is strong and synced forgets old versions", async () => {
    const backend = backendOf();
    const store = await program(backend);
    for (let round = 0; round < 50; round++) await store.commit({ writes: [put("a", `${round}`)] });
    await store.commit({ writes: [{ delete: key("a") }] });
    expect(backend.contents().size).toBe(0);
  });

  it("refuses a second put of a key before its time", async () => {
    const backend = backendOf({ minPutIntervalMs: 1000 });
    const store = await program(backend);
    await store.commit({ writes: [put("a", "1")] });
    await expect(store.commit({ writes: [put("a", "2")] })).rejects.toThrow("Too many puts");
    await store.commit({ writes: [put("b", "1"), { delete: key("a") }] });
    backend.advance(1000);
    await store.commit({ writes: [put("a", "3")] });
    expect(stored(backend)).toBe("a=3 b=1");
  });

  it("loses in a power loss only what was not synced: the last commits, or any effects", async () => {
    const left = new Map<string, Set<string>>();
    for (const atomicity of ["batch", "prefix"] as const) {
      const results = new Set<string>();
      for (let seed = 0; seed < 60; seed++) {
        const backend = backendOf({ atomicity, durability: "process" }, seed);
        const store = await program(backend);
        await store.commit({ writes: [put("a", "0")] });
        backend.sync();
        await store.commit({ writes: [put("b", "1")] });
        await store.commit({ writes: [put("c", "2"), { delete: key("a") }] });
        backend.powerLoss();
        await expect(store.get([key("a")])).rejects.toThrow(Crash);
        results.add(stored(backend));
      }
      left.set(atomicity, results);
    }
    expect([...(left.get("batch") ?? [])].sort()).toEqual(["a=0", "a=0 b=1", "b=1 c=2"]);
    expect(left.get("prefix")?.size).toBe(8);
  });

  it("loses nothing in a power loss where durability is power", async () => {
    const backend = backendOf({ atomicity: "prefix" });
    await (await program(backend)).commit(THREE);
    backend.powerLoss();
    expect(stored(backend)).toBe("a=1 b=1 head=1");
  });

  it("tells the same story for the same seed", async () => {
    async function story(seed: number): Promise<string> {
      const backend = backendOf({ atomicity: "prefix", consistency: "eventual", stalenessMs: 10 }, seed);
      const stores = [await program(backend), await program(backend)];
      const seen: string[] = [];
      await Promise.all(
        stores.map(async (store, n) => {
          for (let round = 0; round < 20; round++) {
            await store.commit({ writes: [put(`k${round % 3}`, `${n}.${round}`)] });
            seen.push((await store.get([key("k0"), key("k1"), key("k2")])).join("|"));
          }
        }),
      );
      return seen.join("\n");
    }
    expect(await story(5)).toBe(await story(5));
    expect(await story(5)).not.toBe(await story(6));
  });
});
