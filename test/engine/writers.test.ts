import { describe, expect, it } from "vitest";
import { agent, cancel, globalScope, proceed, type StateManager } from "../../src/index.ts";
import type { Store } from "../../src/store/store.ts";
import { InjectedFailure, stateModel } from "../../src/testing.ts";
import { audit } from "./audit.ts";
import { inParallel, isThorough, sharedProfiles, type World, world } from "./world.ts";

const A = agent("a");
const BIG = "y".repeat(18_000);

/** Adds one to a number that all writers share. */
async function increment(state: StateManager, key = "sum"): Promise<void> {
  const result = await state.update(key, (old) => (Number(old) || 0) + 1);
  expect(result.status).toBe("committed");
}

/** Every change that an opening is told of, in order, with what it said before it. */
function listen(state: StateManager) {
  const told: { id: string; revision: string; key: string; origin: string }[] = [];
  state.events.on("state.changed", ({ id, revision = "", data, metadata }) => {
    told.push({ id, revision, key: `${data.scope} ${data.key}`, origin: metadata.origin });
  });
  return told;
}

/** Each change once, in journal order. */
function expectOrdered(told: readonly { id: string; revision: string }[], story: string): void {
  expect(new Set(told.map(({ id }) => id)).size, `${story}: told twice`).toBe(told.length);
  const revisions = told.map(({ revision }) => revision);
  expect(revisions, `${story}: out of order`).toEqual([...revisions].sort());
}

async function contents(state: StateManager): Promise<unknown> {
  const scopes: Record<string, unknown> = {};
  for (const scope of [globalScope(), A]) {
    const handle = await state.scope(scope);
    scopes[scope.kind] = Object.fromEntries(handle.entries().sort(([a], [b]) => (a < b ? -1 : 1)));
    handle.close();
  }
  return scopes;
}

/** A reader that only looks: what the store says. */
async function stored(at: World): Promise<unknown> {
  const reader = await at.open({ require: { readOnly: true } });
  const found = await contents(reader);
  await reader.close();
  return found;
}

describe.each(sharedProfiles)("writers of one store that is $name", (profile) => {
  for (const writers of [2, 4]) {
    it(`${writers} of them add up exactly, and hear each change once`, async () => {
      const at = world(profile, writers);
      const states = await Promise.all(
        Array.from({ length: writers }, () => at.open({ persistence: { checkpointEvery: 5 } })),
      );
      const heard = states.map(listen);
      const rounds = 12;
      await Promise.all(
        states.map(async (state, w) => {
          for (let i = 0; i < rounds; i++) {
            await Promise.all([
              increment(state),
              increment(state),
              state.setWithHooks(A, `w${w}`, i % 3 === 0 ? `${BIG}${i}` : i),
              i % 4 === w % 4 ? state.checkpoint() : undefined,
            ]);
          }
        }),
      );
      for (const state of states) await state.refresh();
      const [first, ...others] = await Promise.all(states.map(contents));
      expect(first).toMatchObject({ global: { sum: writers * rounds * 2 } });
      for (const other of others) expect(other).toEqual(first);
      for (const [w, told] of heard.entries()) {
        expectOrdered(told, `writer ${w}`);
        expect(told.length).toBe(writers * rounds * 3);
        expect(told.filter(({ origin }) => origin === "local").length).toBe(rounds * 3);
      }
      for (const state of states) await state.close();
      expect(await stored(at)).toEqual(first);
      const { missing } = await audit(at.backend);
      expect(missing).toEqual([]);
      expect(at.logged).toEqual([]);
    });
  }

  it("one that stands still between any two effects loses nothing and undoes nothing", {
    timeout: 120_000,
  }, async () => {
    const effects = await frozen(profile, Number.POSITIVE_INFINITY);
    const step = isThorough ? 1 : Math.max(1, Math.floor(effects / 40));
    const points = Array.from({ length: Math.ceil(effects / step) }, (_, i) => 1 + i * step);
    await inParallel(points, async (n) => void (await frozen(profile, n)));
    console.log(`${profile.name}: frozen before ${points.length} of ${effects} effects`);
  });

  it("a draft of one is decided again when another's change was read meanwhile", async () => {
    const at = world(profile, 5);
    const [one, two] = [await at.open(), await at.open()];
    await increment(one);
    await two.refresh();
    for (let i = 0; i < 10; i++) {
      await increment(two);
      // In one step: the refresh is first in the turn, and the updates were decided before it was read.
      await Promise.all([one.refresh(), increment(one), increment(one), one.checkpoint()]);
      await two.refresh();
    }
    expect(one.get("sum")).toBe(31);
    await Promise.all([one.close(), two.close()]);
  });

  it("a hook that guards one writer's change sees the other's", async () => {
    const at = world(profile, 6);
    const [one, two] = [await at.open(), await at.open()];
    one.hooks.on("before_state_change", { id: "guard" }, (change) =>
      change.key === "door" && change.oldValue === "locked" ? cancel("locked") : proceed(),
    );
    await one.set("door", "open");
    await two.refresh();
    await two.set("door", "locked");
    const result = await one.set("door", "open");
    expect(result.status).toBe("cancelled");
    await one.refresh();
    expect(one.get("door")).toBe("locked");
    await Promise.all([one.close(), two.close()]);
  });

  it("a read that fails while another's changes are shown loses none of them", async () => {
    for (let failing = 1; failing <= 4; failing++) {
      const at = world(profile, failing);
      let left = 0;
      const wrap = (store: Store): Store => ({
        ...store,
        async get(keys) {
          if (--left === 0) throw new InjectedFailure("planned", "unavailable");
          return store.get(keys);
        },
      });
      const [one, two] = [await at.open({ wrap }), await at.open()];
      const told = listen(one);
      await increment(one);
      await two.refresh();
      await increment(two);
      await two.set("big", BIG);
      left = failing;
      const failed = await one.refresh().catch((error: unknown) => error);
      if (left <= 0) expect(failed).toMatchObject({ code: "unavailable" });
      left = 0;
      await increment(one);
      expect(one.get("sum"), `read ${failing} failed`).toBe(3);
      expect(one.get("big")).toBe(BIG);
      expectOrdered(told, `read ${failing} failed`);
      expect(told.length).toBe(4);
      await Promise.all([one.close(), two.close()]);
    }
  });
});

/** One writer stands still before effect `n`; another commits, checkpoints and closes meanwhile. Returns the effects. */
async function frozen(profile: (typeof sharedProfiles)[number], n: number): Promise<number> {
  const at = world(profile, n === Number.POSITIVE_INFINITY ? 1 : n);
  const story = `${profile.name}, frozen before effect ${n}`;
  const freeze = at.backend.freeze(n);
  const model = stateModel();
  let sum = 0;
  const done = async (work: Promise<unknown>, mean: () => void) => {
    await work;
    mean();
  };

  const one = await at.open();
  const told = listen(one);
  const script = (async () => {
    await done(increment(one), () => sum++);
    await done(one.setWithHooks(A, "one", BIG), () => model.set(A, "one", BIG));
    const changes = [
      { scope: A, key: "b1", value: 1 },
      { scope: globalScope(), key: "b2", value: 2 },
    ];
    await done(one.setMany(changes), () => model.batch(changes));
    await one.checkpoint();
    await Promise.all([
      done(increment(one), () => sum++),
      done(one.setWithHooks(A, "b1", 3), () => model.set(A, "b1", 3)),
      one.checkpoint(),
    ]);
    await one.refresh();
  })();

  let isOver = false;
  const over = script.finally(() => {
    isOver = true;
  });
  await Promise.race([freeze.reached, over]);
  const effects = at.backend.effects;
  if (!isOver) {
    const two = await at.open();
    const toldTwo = listen(two);
    for (let i = 0; i < 2; i++) {
      await done(increment(two), () => sum++);
      await done(two.setWithHooks(A, `two${i}`, BIG), () => model.set(A, `two${i}`, BIG));
      await two.checkpoint();
    }
    await two.close();
    expectOrdered(toldTwo, story);
    // A third opening sweeps again, with another horizon.
    const three = await at.open();
    await done(increment(three), () => sum++);
    await three.close();
  }
  freeze.thaw();
  await over;
  expect(one.get("sum"), story).toBe(sum);
  expectOrdered(told, story);
  await one.close();

  const reader = await at.open({ require: { readOnly: true } });
  expect(reader.get("sum"), story).toBe(sum);
  const handle = await reader.scope(A);
  for (const key of model.keys(A)) expect(handle.get(key), `${story}: ${key}`).toEqual(model.get(A, key));
  handle.close();
  const history: string[] = [];
  for await (const { id } of reader.events.since("0".repeat(26), AbortSignal.timeout(10_000))) {
    history.push(id);
    if (history.length === told.length) break;
  }
  expect(history, story).toEqual(told.map(({ id }) => id));
  await reader.close();
  expect((await audit(at.backend)).missing, story).toEqual([]);
  const last = await at.open();
  await increment(last);
  await last.close();
  expect(await audit(at.backend), story).toMatchObject({ missing: [], unreachable: [] });
  return effects;
}
