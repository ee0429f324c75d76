import { describe, expect, it } from "vitest";
import { agent } from "../../src/index.ts";
import type { Store } from "../../src/store/store.ts";
import { seededRandom } from "../../src/testing.ts";
import { isThorough, sharedProfiles, world } from "./world.ts";

const WRITERS = 3;
const LIVES = 4;

/** Lets some turns pass before and after each call, so that whole commits of others come between any two of an opening. */
function delayed(store: Store, turns: () => number): Store {
  const pass = async () => {
    for (let left = turns(); left > 0; left--) await Promise.resolve();
  };
  const around = async <T>(call: () => Promise<T>) => {
    await pass();
    const result = await call();
    await pass();
    return result;
  };
  return {
    ...store,
    get: (keys, signal) => around(() => store.get(keys, signal)),
    commit: (batch) => around(() => store.commit(batch)),
    async *scan(range, options) {
      await pass();
      yield* store.scan(range, options);
    },
  };
}

describe.each(sharedProfiles)(
  "programs that open a store while others make it and write, $name",
  (profile) => {
    it("lose nothing, and none is refused", { timeout: 60_000 }, async () => {
      const base = isThorough ? Math.floor(Math.random() * 2 ** 31) : 20_261_123;
      console.log(`${profile.name}: openings from seed ${base}`);
      for (let seed = base; seed < base + (isThorough ? 200 : 15); seed++) {
        const random = seededRandom(seed);
        const at = world(profile, seed);
        const open = () =>
          at.open({
            wrap: (store) =>
              delayed(store, () => (random.below(4) === 0 ? random.below(400) : random.below(20))),
          });
        let added = 0;
        const program = async () => {
          for (let life = 0; life < LIVES; life++) {
            const state = await open();
            const handle = await state.agent("counter");
            for (let i = random.below(4); i > 0; i--) {
              await handle.update("n", (old) => (typeof old === "number" ? old : 0) + 1);
              added++;
            }
            if (random.below(3) === 0) await state.checkpoint();
            await state.close();
          }
        };
        await Promise.all(Array.from({ length: WRITERS }, program));
        const state = await open();
        expect(await state.read(agent("counter"), "n"), `seed ${seed}`).toBe(added === 0 ? undefined : added);
        await state.close();
      }
    });
  },
);
