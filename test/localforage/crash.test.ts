import "./fakes.ts";

import { expect, it } from "vitest";
import { type LocalForageLike, localForage } from "../../adapters/localforage/index.ts";
import type { Batch, Store } from "../../src/adapter.ts";
import { StateManager } from "../../src/index.ts";
import { bytes, changed, contentOf, freshName, instanceOf, key } from "./world.ts";

/** `instance` in a tab that ends at its nth effect, before or after it: no call comes through any more. */
function ending(instance: LocalForageLike, nth: number, when: "before" | "after") {
  let effects = 0;
  let isOver = false;
  const end = () => {
    isOver = true;
    throw new TypeError("the tab has ended");
  };
  const read = async <T>(act: () => Promise<T>) => (isOver ? end() : act());
  async function effect<T>(act: () => Promise<T>): Promise<T> {
    effects++;
    if (isOver || (effects === nth && when === "before")) return end();
    const result = await act();
    return effects === nth ? end() : result;
  }
  return {
    effects: () => effects,
    instance: changed(instance, {
      getItem: (item) => read(() => instance.getItem(item)),
      keys: () => read(() => instance.keys()),
      setItem: (item, value) => effect(() => instance.setItem(item, value)),
      removeItem: (item) => effect(() => instance.removeItem(item)),
    }),
  };
}

const BEFORE = { a: "old", b: "old", c: "old", head: "1" };
const BATCH: Batch = {
  writes: [
    { put: key("a"), value: bytes("new") },
    { delete: key("b") },
    { put: key("d"), value: bytes("new") },
  ],
  swap: { key: key("head"), from: bytes("1"), to: bytes("2") },
};
/** After so many effects of the batch. */
const STEPS = [
  BEFORE,
  { ...BEFORE, a: "new" },
  { a: "new", c: "old", head: "1" },
  { a: "new", c: "old", d: "new", head: "1" },
  { a: "new", c: "old", d: "new", head: "2" },
];

async function filled(instance: LocalForageLike): Promise<Store> {
  const store = await localForage({ instance }).open({ readOnly: false });
  const writes = Object.entries(BEFORE).map(([name, value]) => ({ put: key(name), value: bytes(value) }));
  await store.commit({ writes });
  return store;
}

for (const when of ["before", "after"] as const) {
  it(`a tab that ends ${when} an effect of a commit keeps the first few, and the pointer only with all`, async () => {
    for (let nth = 1; nth < STEPS.length; nth++) {
      const instance = await instanceOf(freshName());
      const survivor = await filled(instance);
      const storage = localForage({ instance: ending(instance, nth, when).instance });
      const dying = await storage.open({ readOnly: false });
      await expect(dying.commit(BATCH)).rejects.toThrow("the tab has ended");
      expect(await contentOf(survivor), `effect ${nth}`).toEqual(STEPS[when === "before" ? nth - 1 : nth]);
      await Promise.all([dying.close(), survivor.close()]);
    }
  });

  it(`a program whose tab ends ${when} any effect loses nothing acknowledged`, {
    timeout: 120_000,
  }, async () => {
    const silent = { logger: { warn: () => {}, error: () => {} } };

    /** The last number whose write was acknowledged. */
    async function play(instance: LocalForageLike): Promise<number> {
      const state = await StateManager.open({ storage: localForage({ instance }), ports: silent });
      let acknowledged = 0;
      try {
        while (acknowledged < 6) {
          await state.set("n", acknowledged + 1);
          acknowledged++;
          if (acknowledged === 4) await state.checkpoint();
        }
        await state.close();
      } catch {
        await Promise.allSettled([state.close()]);
      }
      return acknowledged;
    }

    const rehearsal = ending(await instanceOf(freshName()), Number.POSITIVE_INFINITY, when);
    expect(await play(rehearsal.instance)).toBe(6);
    const effects = rehearsal.effects();
    expect(effects).toBeGreaterThan(12);

    await Promise.all(
      Array.from({ length: effects }, async (_, i) => {
        const instance = await instanceOf(freshName());
        const acknowledged = await play(ending(instance, i + 1, when).instance);
        const state = await StateManager.open({ storage: localForage({ instance }) });
        const found = Number(state.get("n") ?? 0);
        expect([acknowledged, acknowledged + 1], `effect ${i + 1} of ${effects}`).toContain(found);
        await state.set("n", found + 1);
        await state.checkpoint();
        await state.close();
        const again = await StateManager.open({ storage: localForage({ instance }) });
        expect(again.get("n")).toBe(found + 1);
        await again.close();
      }),
    );
  });
}
