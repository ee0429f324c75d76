import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/ground/bytes.ts";
import { crc32 } from "../../src/ground/crc.ts";
import { agent, custom, type StateManager } from "../../src/index.ts";
import type { Key } from "../../src/store/store.ts";
import { profile } from "../../src/testing.ts";
import { BIG } from "./workload.ts";
import { type World, world } from "./world.ts";

const A = agent("a");
const B = agent("b");
const store = profile("batch, shared, strong");

/** A damaged copy of a record, in its middle. */
function damage(at: World, key: Key, offset?: number): Uint8Array {
  const bytes = at.backend.contents().get(key);
  if (bytes === undefined) throw new RangeError(`no record ${key}`);
  const where = offset ?? bytes.length - 3;
  bytes[where] = (bytes[where] ?? 0) ^ 0x10;
  at.backend.poke(key, bytes);
  return bytes;
}

function keysOf(at: World, family: string): Key[] {
  return [...at.backend.contents().keys()].filter((key) => key.startsWith(`${family}/`)).sort();
}

/** Every record there is, but for pointers and the family given. */
function expectKept(at: World, before: ReadonlyMap<Key, Uint8Array>, bad: readonly Key[]): void {
  const after = at.backend.contents();
  for (const key of bad) expect(after.get(key), key).toEqual(before.get(key));
}

async function filled(): Promise<World> {
  const at = world(store);
  const state = await at.open();
  await state.set("g", 1);
  for (const scope of [A, B]) {
    await state.setMany(
      Array.from({ length: 300 }, (_, i) => ({ scope, key: `k${i}`, value: `${i}`.padEnd(200, "c") })),
    );
  }
  await state.setWithHooks(A, "big", BIG);
  await state.close();
  return at;
}

/** Works on through commits, checkpoints and a sweep. What fails because of the damage must say so. */
async function workOn(state: StateManager): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await state.setWithHooks(custom("other"), "n", i);
    await state.set("g", i);
    await state.checkpoint();
  }
  await state.close();
}

describe("a record that cannot be read", () => {
  it("a value or block of one scope: that scope rejects, others work, nothing is touched", async () => {
    for (const family of ["v", "s", "b"]) {
      const clean = await filled();
      for (const key of keysOf(clean, family)) {
        const at = await filled();
        // Names differ from run to run; the place in the order is the same.
        const bad = keysOf(at, family)[keysOf(clean, family).indexOf(key)];
        if (bad === undefined) throw new RangeError("no such record");
        damage(at, bad);
        const before = at.backend.contents();
        const state = await at.open();
        try {
          state.get("any");
        } catch (error) {
          // The global scope, or a directory, which concerns all scopes: it says why, and nothing is touched.
          expect(error).toMatchObject({ code: "corrupt" });
          await state.close();
          expect(at.backend.contents()).toEqual(before);
          continue;
        }
        const outcomes = [];
        for (const scope of [A, B, custom("other")]) {
          try {
            (await state.scope(scope)).close();
            outcomes.push("opens");
          } catch (error) {
            expect(error).toMatchObject({ code: "corrupt" });
            outcomes.push("corrupt");
          }
        }
        expect(outcomes.filter((o) => o === "corrupt").length, bad).toBeLessThanOrEqual(1);
        expect(outcomes[2]).toBe("opens");
        await workOn(state);
        expectKept(at, before, [bad]);
        // Nothing of the damaged scope's other records was deleted either.
        if (outcomes.includes("corrupt")) {
          const again = await at.open();
          for (const [i, scope] of [A, B].entries()) {
            if (outcomes[i] === "corrupt")
              await expect(again.scope(scope)).rejects.toMatchObject({ code: "corrupt" });
            else (await again.scope(scope)).close();
          }
          await again.close();
          const fixed = before.get(bad);
          if (fixed !== undefined) {
            const where = fixed.length - 3;
            fixed[where] = (fixed[where] ?? 0) ^ 0x10;
            at.backend.poke(bad, fixed);
          }
          const whole = await at.open();
          for (const scope of [A, B]) {
            const handle = await whole.scope(scope);
            expect(handle.get("k299")).toBe("299".padEnd(200, "c"));
            handle.close();
          }
          await whole.close();
        }
      }
    }
  });

  it("a page in the tail with a good successor: its scopes are quarantined, and only they", async () => {
    for (const which of [0, 1, 2]) {
      const at = world(store);
      const state = await at.open();
      await state.setWithHooks(A, "a", 1);
      await state.setWithHooks(B, "b", 1);
      await state.setMany([
        { scope: A, key: "a", value: 2 },
        { scope: B, key: "b", value: 2 },
      ]);
      await state.setWithHooks(custom("c"), "c", 1);
      at.backend.crash();
      const bad = keysOf(at, "j")[which] as Key;
      damage(at, bad);
      const before = at.backend.contents();
      const reopened = await at.open();
      const isBad = { A: which !== 1, B: which !== 0 };
      for (const [scope, bad] of [
        [A, isBad.A],
        [B, isBad.B],
        [custom("c"), false],
      ] as const) {
        if (bad) {
          await expect(reopened.scope(scope)).rejects.toMatchObject({ code: "corrupt" });
          await expect(reopened.read(scope, "a")).rejects.toMatchObject({ code: "corrupt" });
          await expect(reopened.setMany([{ scope, key: "x", value: 1 }])).rejects.toMatchObject({
            code: "corrupt",
          });
        } else (await reopened.scope(scope)).close();
      }
      await workOn(reopened);
      // Not checkpointed over, not swept.
      for (const [key, bytes] of before)
        if (key.startsWith("j/")) expect(at.backend.contents().get(key)).toEqual(bytes);
      const last = await at.open();
      await expect(last.scope(which === 1 ? B : A)).rejects.toMatchObject({ code: "corrupt" });
      const other = await last.scope(custom("other"));
      expect(other.get("n")).toBe(2);
      await last.close();
    }
  });

  it("a marker of a transaction, or one of its staged pages, with a good successor: all its scopes", async () => {
    for (const family of ["marker", "t"]) {
      const at = world(store);
      const state = await at.open({ persistence: { checkpointEvery: 1_000_000 } });
      await state.set("g", 0);
      await state.setMany(
        Array.from({ length: 20_500 }, (_, i) => ({ scope: i % 2 === 0 ? A : B, key: `k${i}`, value: i })),
      );
      const marker = keysOf(at, "j").at(-1);
      await state.setWithHooks(custom("c"), "c", 1);
      at.backend.crash();
      damage(at, (family === "t" ? keysOf(at, "t")[0] : marker) as Key);
      const reopened = await at.open();
      for (const scope of [A, B])
        await expect(reopened.scope(scope), family).rejects.toMatchObject({ code: "corrupt" });
      (await reopened.scope(custom("c"))).close();
      await reopened.close();
    }
  });

  it("the last page: the store is read-only, shows what came before, and says why", async () => {
    const at = world(store);
    const state = await at.open();
    await state.set("a", 1);
    await state.set("a", 2);
    await state.set("b", 3);
    at.backend.crash();
    const bad = keysOf(at, "j").at(-1) as Key;
    damage(at, bad);
    const before = at.backend.contents();
    const reopened = await at.open();
    expect([reopened.get("a"), reopened.get("b")]).toEqual([2, undefined]);
    await expect(reopened.set("x", 1)).rejects.toMatchObject({ code: "corrupt" });
    expect(await reopened.checkpoint()).toBe(false);
    await reopened.close();
    expect(at.backend.contents()).toEqual(before);
  });

  it("a last page that another writer wrote: nothing is committed on top of it", async () => {
    const at = world(store);
    const [one, two] = [await at.open(), await at.open()];
    await one.set("a", 1);
    await two.refresh();
    await two.set("a", 2);
    damage(at, keysOf(at, "j").at(-1) as Key);
    const before = at.backend.contents();
    // Whose page comes after whose decides which of the two it can know.
    await expect(one.set("a", 3)).rejects.toMatchObject({
      code: expect.stringMatching(/^(corrupt|unknown_outcome)$/),
    });
    expect(at.backend.contents()).toEqual(before);
    await one.close();
    await two.close();
  });

  it("a page of another writer's that touches a scope in memory: nothing is written on what was not seen", async () => {
    const at = world(store);
    const [one, two] = [await at.open(), await at.open()];
    const open = await one.scope(A);
    await open.set("n", 1);
    await two.refresh();
    await two.setWithHooks(A, "n", 2);
    const bad = keysOf(at, "j").at(-1) as Key;
    await two.setWithHooks(B, "n", 3);
    damage(at, bad);
    await one.refresh();
    await expect(open.set("n", 4)).rejects.toMatchObject({ code: "corrupt" });
    await expect(open.update("n", (old) => Number(old) + 1)).rejects.toMatchObject({ code: "corrupt" });
    const other = await one.scope(B);
    expect(other.get("n")).toBe(3);
    await other.set("n", 5);
    await one.close();
    await two.close();
  });

  it("a pointer, a directory or a merged page: told, and nothing made up", async () => {
    const at = await filled();
    for (const key of ["head", ...keysOf(at, "checkpoint")] as Key[]) {
      const broken = await filled();
      const [bad] = key === "head" ? [key] : keysOf(broken, "checkpoint");
      damage(broken, bad as Key);
      const before = broken.backend.contents();
      await expect(broken.open(), key).rejects.toMatchObject({ code: "corrupt" });
      expect(broken.backend.contents()).toEqual(before);
    }
    for (const bad of keysOf(at, "m")) damage(at, bad);
    const before = at.backend.contents();
    const state = await at.open();
    await workOn(state);
    expectKept(
      at,
      before,
      keysOf(at, "m").filter((key) => before.has(key)),
    );
    const again = await at.open();
    const read = async () => {
      for await (const _ of again.events.since(undefined, AbortSignal.timeout(500)));
    };
    if (keysOf(at, "m").some((key) => before.has(key)))
      await expect(read()).rejects.toMatchObject({ code: "corrupt" });
    await again.close();
  });

  it("a record that is gone is corruption, not absence", async () => {
    for (const family of ["j", "s", "b", "v", "t", "checkpoint"]) {
      const at = world(store);
      const state = await at.open({ persistence: { checkpointEvery: 1_000_000 } });
      await state.setMany(
        Array.from({ length: 300 }, (_, i) => ({ scope: A, key: `k${i}`, value: "d".repeat(200) })),
      );
      await state.setWithHooks(A, "big", BIG);
      if (family === "t")
        await state.setMany(Array.from({ length: 20_500 }, (_, i) => ({ scope: A, key: `t${i}`, value: i })));
      else if (family !== "j") await state.checkpoint();
      await state.set("x", 1);
      at.backend.crash();
      const gone = family === "b" ? keysOf(at, "b") : keysOf(at, family).slice(0, 1);
      for (const key of gone) at.backend.poke(key, undefined);
      const open = async () => {
        const reopened = await at.open();
        try {
          (await reopened.scope(A)).close();
        } finally {
          await reopened.close();
        }
      };
      await expect(open(), family).rejects.toMatchObject({ code: "corrupt" });
    }
  });

  it("a missing head where there are pages is never a new store", async () => {
    const at = world(store);
    const state = await at.open();
    await state.set("a", 1);
    at.backend.crash();
    at.backend.poke("head" as Key, undefined);
    await expect(at.open()).rejects.toMatchObject({ code: "corrupt" });
  });
});

describe("a record of a newer format", () => {
  it("refuses the store, untouched", async () => {
    const at = world(store);
    const state = await at.open();
    await state.set("a", 1);
    await state.set("a", 2);
    at.backend.crash();
    for (const key of ["head", keysOf(at, "checkpoint")[0], ...keysOf(at, "j")] as Key[]) {
      for (const place of [1, 2]) {
        const old = at.backend.contents().get(key) ?? new Uint8Array();
        const bytes = new Uint8Array(old);
        bytes[place] = place === 1 ? 2 : 4;
        const sum = crc32(bytes.subarray(8), crc32(utf8(`${key}\n${bytes[1]} ${bytes[2]} ${bytes[3]}`)));
        new DataView(bytes.buffer).setUint32(4, sum, true);
        at.backend.poke(key, bytes);
        const before = at.backend.contents();
        await expect(at.open(), `${key} byte ${place}`).rejects.toMatchObject({ code: "newer_format" });
        expect(at.backend.contents()).toEqual(before);
        at.backend.poke(key, old);
      }
    }
    const reopened = await at.open();
    expect(reopened.get("a")).toBe(2);
    await reopened.close();
  });

  it("finds a flip of every single bit of a page", async () => {
    const at = world(store);
    const state = await at.open();
    await state.set("a", 1);
    await state.set("a", 2);
    at.backend.crash();
    const key = keysOf(at, "j")[0] as Key;
    const whole = at.backend.contents().get(key) ?? new Uint8Array();
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const bytes = new Uint8Array(whole);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      at.backend.poke(key, bytes);
      const opened = await at.open();
      expect(() => opened.get("a"), `bit ${bit}`).toThrow(expect.objectContaining({ code: "corrupt" }));
      await opened.close();
    }
  });
});
