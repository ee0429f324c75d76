import { expect, test } from "vitest";
import { agent, type StateManager, session } from "../../src/index.ts";
import { moveScopes } from "../../src/routing.ts";
import { type DegradedBackend, degraded, type Fault, profile } from "../../src/testing.ts";
import { open } from "../state/world.ts";

const KEYS = ["a", "b", "c", "d", "e"];
const WHOLE = new Map(KEYS.map((key, i) => [key, { of: key, number: i }]));

async function contents(state: StateManager, id: string): Promise<Map<string, unknown>> {
  const handle = await state.agent(id);
  const all = new Map(handle.entries().sort(([a], [b]) => (a < b ? -1 : 1)));
  handle.close();
  return all;
}

async function world(atomicity: "batch" | "prefix") {
  const { capabilities } = profile("", { atomicity });
  const backends = { from: degraded({ capabilities }), to: degraded({ capabilities }) };
  const start = async () => ({
    from: await open({ storage: backends.from.adapter() }),
    to: await open({ storage: backends.to.adapter() }),
  });
  const { from, to } = await start();
  await from.batch((tx) => {
    for (const [key, value] of WHOLE) tx.set(agent("a"), key, value);
  });
  await to.setWithHooks(session("s"), "own", 1);
  await Promise.all([from.close(), to.close()]);
  return { backends, start };
}

type Stores = Awaited<ReturnType<Awaited<ReturnType<typeof world>>["start"]>>;

const move = (stores: Stores) => moveScopes({ ...stores, match: "agent", batchSize: 2 });

/** One of the two has the scope whole, and what the other has is the same. */
async function expectNothingLost({ from, to }: Stores): Promise<void> {
  const [here, there] = [await contents(from, "a"), await contents(to, "a")];
  expect(Math.max(here.size, there.size)).toBe(WHOLE.size);
  for (const part of [here, there]) for (const [key, value] of part) expect(value).toEqual(WHOLE.get(key));
  expect(await to.read(session("s"), "own")).toBe(1);
}

async function expectMoved({ from, to }: Stores): Promise<void> {
  expect(await contents(to, "a")).toEqual(WHOLE);
  expect((await contents(from, "a")).size).toBe(0);
}

/** Whether the fault was met. */
async function killed(stores: Stores, backend: DegradedBackend, fault: Omit<Fault, "at">, n: number) {
  backend.plan({ ...fault, at: backend.effects + n });
  try {
    await move(stores);
    return false;
  } catch {
    return true;
  }
}

const cases = [
  ["batch", "from", "crash-before"],
  ["batch", "from", "crash-after"],
  ["batch", "to", "crash-before"],
  ["batch", "to", "crash-after"],
  ["prefix", "from", "crash-before"],
  ["prefix", "to", "crash-before"],
] as const;

test.each(cases)(
  "a move is killed at each effect: atomicity %s, store %s, %s",
  async (atomicity, side, kind) => {
    let kills = 0;
    for (let n = 1; n <= 200; n++) {
      const { backends, start } = await world(atomicity);
      const isKilled = await killed(await start(), backends[side], { kind }, n);
      for (const backend of Object.values(backends)) backend.crash();
      const stores = await start();
      await expectNothingLost(stores);
      const { failed } = await move(stores);
      expect(failed).toEqual([]);
      await expectMoved(stores);
      if (n % 5 === 0) expect((await move(stores)).moved).toEqual([]);
      if (!isKilled) break;
      kills = n;
    }
    // Three batches in each store, and in the target what is remembered of them.
    expect(kills).toBeGreaterThanOrEqual(side === "from" ? 3 : 5);
    expect(kills).toBeLessThan(200);
  },
);

test("a move that is killed again and again comes to its end", async () => {
  const { backends, start } = await world("batch");
  let rounds = 0;
  for (let isKilled = true; isKilled && rounds < 50; rounds++) {
    const stores = await start();
    await expectNothingLost(stores);
    isKilled = await killed(stores, backends[rounds % 2 === 0 ? "to" : "from"], { kind: "crash-after" }, 3);
    for (const backend of Object.values(backends)) backend.crash();
  }
  await expectMoved(await start());
  expect(rounds).toBeGreaterThan(2);
});
