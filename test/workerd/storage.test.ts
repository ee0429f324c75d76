import { describe, expect, it } from "vitest";
import { durableObject } from "../../adapters/durable-object/index.ts";
import type { Key } from "../../src/adapter.ts";
import { agent, globalScope, StateManager } from "../../src/index.ts";
import { type Backend, inObject } from "./objects.ts";

const key = (text: string) => text as Key;
const one = new Uint8Array([1]);

/** Everything the object holds, as text that two dumps can be compared by. */
async function dump(backend: Backend, storage: DurableObjectStorage): Promise<string> {
  const tables =
    backend === "KV"
      ? []
      : storage.sql
          .exec(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
          )
          .toArray();
  const rows = tables.map(({ name }) => [
    name,
    storage.sql.exec(`SELECT * FROM "${name}" ORDER BY 1`).toArray(),
  ]);
  const show = (_: string, value: unknown) =>
    value instanceof ArrayBuffer || value instanceof Uint8Array ? [...new Uint8Array(value)] : value;
  return JSON.stringify([rows, [...(await storage.list())]], show);
}

/** The same storage, whose reads of several keys take their time, as from a disk. */
function slowly(storage: DurableObjectStorage): DurableObjectStorage {
  return new Proxy(storage, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      if (name !== "get") return member.bind(target);
      return async (keys: string[]) => {
        const found = await target.get(keys);
        await new Promise((resolve) => setTimeout(resolve, 2));
        return found;
      };
    },
  });
}

describe.each(["SQL", "KV"] as const)("in an object with %s", (backend) => {
  it("writes nothing when it opens, reads, or closes, also read-only", () =>
    inObject(backend, async (storage) => {
      const before = await dump(backend, storage);
      for (const require of [{}, { readOnly: true }]) {
        const state = await StateManager.open({ storage: durableObject(storage), require });
        expect(state.get("a")).toBeUndefined();
        expect(await state.read(agent("nobody"), "a")).toBeUndefined();
        await state.close();
      }
      expect(await dump(backend, storage)).toBe(before);
    }));

  it("leaves the object's own data alone, and its own names apart", () =>
    inObject(backend, async (storage) => {
      if (backend === "SQL") {
        storage.sql.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT)");
        storage.sql.exec("INSERT INTO orders (what) VALUES ('tea')");
      }
      await storage.put({ head: "mine", "keepstate-head": "mine", keepstate: "mine", keepstate0: "mine" });
      const before = await dump(backend, storage);
      const names = ["keepstate", "keepstate_2", "k"];
      for (const name of names) {
        const store = await durableObject(storage, { name }).open({ readOnly: false });
        await store.commit({ writes: [{ put: key("head"), value: new TextEncoder().encode(name) }] });
      }
      for (const name of names) {
        const store = await durableObject(storage, { name }).open({ readOnly: false });
        const found: string[] = [];
        for await (const chunk of store.scan({ from: key(""), to: key("~") })) {
          found.push(...chunk.map((entry) => `${entry.key}=${new TextDecoder().decode(entry.value)}`));
        }
        expect(found).toEqual([`head=${name}`]);
        await store.commit({ writes: [{ delete: key("head") }] });
        if (backend === "SQL") storage.sql.exec(`DROP TABLE "${name}"`);
      }
      expect(await dump(backend, storage)).toBe(before);
    }));

  it("shows what another opening wrote after this one was opened, also to a read-only one", () =>
    inObject(backend, async (storage) => {
      const reader = await durableObject(storage).open({ readOnly: true });
      const writer = await durableObject(storage).open({ readOnly: false });
      expect(await reader.get([key("a")])).toEqual([undefined]);
      await writer.commit({ writes: [{ put: key("a"), value: one }] });
      expect(await reader.get([key("a")])).toEqual([one]);
      await expect(reader.commit({ writes: [] })).rejects.toMatchObject({ code: "read_only" });
    }));

  it("keeps what the platform allows: no row or value above its limit, whatever the size of the value", () =>
    inObject(backend, async (storage) => {
      const state = await StateManager.open({ storage: durableObject(storage) });
      const large = { bytes: crypto.getRandomValues(new Uint8Array(60_000)), text: "é".repeat(2_600_000) };
      for (const [n, size] of [1, 65_000, 130_000, 131_000, 131_072, 1_999_000, 2_000_000].entries()) {
        await state.set(`k${n}`, "x".repeat(size));
      }
      await state.set("large", large);
      await state.close();
      const sizes =
        backend === "SQL"
          ? storage.sql
              .exec<{ size: number }>("SELECT length(key) + length(value) AS size FROM keepstate")
              .toArray()
              .map(({ size }) => size)
          : [...(await storage.list<Uint8Array>())].map(([name, { buffer }]) => {
              expect(name.length).toBeLessThan(2048);
              return buffer.byteLength + 32; // a view is stored with its buffer, and the clone adds a little
            });
      expect(Math.max(...sizes)).toBeLessThanOrEqual(backend === "SQL" ? 2_000_000 - 64 : 131_072);
      const again = await StateManager.open({ storage: durableObject(storage) });
      expect(again.get("k6")).toBe("x".repeat(2_000_000));
      expect(again.get("large")).toEqual(large);
      await again.close();
    }));

  it("stores nothing of a batch that fails in the middle", () =>
    inObject(backend, async (storage) => {
      const store = await durableObject(storage).open({ readOnly: false });
      const before = await dump(backend, storage);
      const unfit = { put: key("b"), value: Symbol("no bytes") as unknown as Uint8Array };
      const batch = { writes: [{ put: key("a"), value: one }, unfit] };
      await expect(store.commit(batch)).rejects.toThrow();
      expect(await store.get([key("a"), key("b")])).toEqual([undefined, undefined]);
      expect(await dump(backend, storage)).toBe(before);
      await store.commit({ writes: [{ put: key("a"), value: one }] });
      expect(await store.get([key("a")])).toEqual([one]);
    }));

  it("gives one consistent answer to a get of many keys while another opening commits", () =>
    inObject(backend, async (storage) => {
      const reader = await durableObject(slowly(storage)).open({ readOnly: false });
      const writer = await durableObject(storage).open({ readOnly: false });
      const keys = Array.from({ length: 300 }, (_, n) => key(`k${n}`));
      for (let round = 1; round <= 10; round++) {
        const value = new Uint8Array([round]);
        const [values] = await Promise.all([
          reader.get(keys),
          writer.commit({ writes: ["k0", "k299"].map((name) => ({ put: key(name), value })) }),
        ]);
        expect(values[0]).toEqual(values[299]);
      }
    }));

  it("takes bytes that something else wrote for damage, not for absent", () =>
    inObject(backend, async (storage) => {
      const store = await durableObject(storage).open({ readOnly: false });
      await store.commit({ writes: [{ put: key("a"), value: one }] });
      if (backend === "SQL") storage.sql.exec("UPDATE keepstate SET value = 'text'");
      else await storage.put("keepstate/a", "text");
      await expect(store.get([key("a")])).rejects.toMatchObject({ code: "corrupt" });
    }));

  it("is an empty store after the object deleted everything, once it is opened again", () =>
    inObject(backend, async (storage) => {
      const logger = { warn: () => undefined, error: () => undefined };
      const state = await StateManager.open({ storage: durableObject(storage), ports: { logger } });
      await state.set("a", 1);
      await storage.deleteAll();
      await expect(state.set("b", 2)).rejects.toThrow();
      const again = await StateManager.open({ storage: durableObject(storage) });
      expect([again.get("a"), again.get("b")]).toEqual([undefined, undefined]);
      await again.set("c", 3);
      await again.close();
    }));

  it("says that it is gated, strong, shared and whole", () =>
    inObject(backend, async (storage) => {
      const require = {
        durability: "gated",
        consistency: "strong",
        swap: "shared",
        atomicity: "batch",
      } as const;
      const state = await StateManager.open({ storage: durableObject(storage), require });
      expect(await state.set("a", 1)).toMatchObject({ status: "committed", durability: "gated" });
      const both = await Promise.all(
        [1, 2].map(() => StateManager.open({ storage: durableObject(storage) })),
      );
      await Promise.all(
        both.flatMap((other) =>
          Array.from({ length: 20 }, () => other.update("n", (n) => (typeof n === "number" ? n : 0) + 1)),
        ),
      );
      await state.refresh();
      expect(await state.read(globalScope(), "n")).toBe(40);
    }));
});

it("refuses a table of its name that is not its own, and leaves it as it is", () =>
  inObject("SQL", async (storage) => {
    storage.sql.exec("CREATE TABLE keepstate (key TEXT PRIMARY KEY, value BLOB)");
    storage.sql.exec("INSERT INTO keepstate VALUES ('head', x'01')");
    const before = await dump("SQL", storage);
    const opening = StateManager.open({ storage: durableObject(storage) });
    await expect(opening).rejects.toMatchObject({ code: "invalid" });
    expect(await dump("SQL", storage)).toBe(before);
    const state = await StateManager.open({ storage: durableObject(storage, { name: "other" }) });
    await state.set("a", 1);
    await state.close();
  }));

it("refuses what is not a storage, an unknown option and a name that is none", () =>
  inObject("SQL", async (storage) => {
    // @ts-expect-error the object's state is not its storage
    expect(() => durableObject({ storage })).toThrow(TypeError);
    // @ts-expect-error no such option
    expect(() => durableObject(storage, { table: "a" })).toThrow(TypeError);
    for (const name of ["", "A", "1a", "a b", `a"b`, "a/b", "_cf_a", "a".repeat(65)]) {
      expect(() => durableObject(storage, { name })).toThrow(TypeError);
    }
  }));
