/** Several programs that move the same scope at the same time, such as two tabs after an update. */
import { expect, test } from "vitest";
import { agent, type StateManager } from "../../src/index.ts";
import { moveScopes } from "../../src/routing.ts";
import { type DegradedBackend, degraded, profile, seededRandom } from "../../src/testing.ts";
import { open, signal, turns } from "../state/world.ts";

const { capabilities } = profile("strong");
const WHOLE = { a: 1, b: 2, c: 3, d: 4, e: 5 };

interface Stores {
  readonly from: StateManager;
  readonly to: StateManager;
}

async function world() {
  const backends = { from: degraded({ capabilities }), to: degraded({ capabilities }) };
  const start = async (): Promise<Stores> => ({
    from: await open({ storage: backends.from.adapter() }),
    to: await open({ storage: backends.to.adapter() }),
  });
  const { from, to } = await start();
  await from.batch((tx) => {
    for (const [key, value] of Object.entries(WHOLE)) tx.set(agent("a"), key, value);
  });
  await to.set("own", 1);
  await end({ from, to });
  return { backends, start };
}

async function end({ from, to }: Stores): Promise<void> {
  await Promise.all([from.close(), to.close()]);
}

async function contents(backend: DegradedBackend): Promise<Record<string, unknown>> {
  const state = await open({ storage: backend.adapter() });
  const handle = await state.agent("a");
  const all = Object.fromEntries(handle.entries());
  handle.close();
  await state.close();
  return all;
}

const move = (stores: Stores, more: Partial<Parameters<typeof moveScopes>[0]> = {}) =>
  moveScopes({ ...stores, match: "agent", batchSize: 2, ...more });

test("a move that another one has overtaken leaves what that one counts on", async () => {
  const { backends, start } = await world();
  const [fast, slow] = [await start(), await start()];
  const [reached, go] = [signal(), signal()];
  let asked = 0;
  slow.to.hooks.on("before_state_change", { id: "slow" }, async () => {
    if (asked++ > 0) return;
    reached.resolve();
    await go.promise;
  });
  const overtaken = move(slow);
  await reached.promise;
  // It ends when the source is half empty.
  const stop = new AbortController();
  const ended = move(fast, {
    signal: stop.signal,
    onProgress({ phase, done }) {
      if (phase === "deleting" && done === 2) stop.abort();
    },
  });
  await expect(ended).rejects.toMatchObject({ code: "aborted" });
  go.resolve();
  expect(await overtaken).toMatchObject({ failed: [] });
  await Promise.all([fast, slow].map(end));
  expect([await contents(backends.from), await contents(backends.to)]).toEqual([{}, WHOLE]);
});

test("whatever several moves of a scope do to each other, each entry is in one of the stores", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const { backends, start } = await world();
    const movers = await Promise.all([start(), start(), start()]);
    for (const { from, to } of movers) {
      for (const store of [from, to])
        store.hooks.on("before_state_change", { id: "moody" }, async () => {
          await turns(random.below(200));
          if (random.chance(0.05)) throw new RangeError("not now");
        });
    }
    const moves = movers.map(async (stores) => {
      const stop = new AbortController();
      const onProgress = () => {
        if (random.chance(0.1)) stop.abort();
      };
      await Promise.allSettled([move(stores, { signal: stop.signal, onProgress })]);
    });
    await Promise.all(moves);
    await Promise.all(movers.map(end));
    const [here, there] = [await contents(backends.from), await contents(backends.to)];
    expect({ ...here, ...there }, `seed ${seed}`).toEqual(WHOLE);
  }
});
