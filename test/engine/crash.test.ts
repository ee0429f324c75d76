import { describe, expect, it } from "vitest";
import type { StateManager } from "../../src/index.ts";
import { type FaultKind, type StateModel, stateModel } from "../../src/testing.ts";
import { audit } from "./audit.ts";
import { A, BIG, batch, S, set, U, workload } from "./workload.ts";
import { crashOf, engineProfiles, inParallel, isThorough, leave, type World, world } from "./world.ts";

/** How far a run came: the meaning of the last acknowledged call, and of each call that may have landed since. */
async function play(state: StateManager, model: StateModel): Promise<StateModel[]> {
  let possible = [model];
  for (const group of workload) {
    const after: StateModel[] = [];
    let last = possible.at(-1) ?? model;
    for (const op of group) {
      last = last.copy();
      op.mean(last);
      after.push(last);
    }
    let acknowledged = 0;
    const crashes = await Promise.all(
      group.map((op, i) =>
        crashOf(op.run(state)).then((crash) => {
          if (crash === undefined) acknowledged = Math.max(acknowledged, i + 1);
          return crash;
        }),
      ),
    );
    possible = [...possible.slice(-1), ...after].slice(acknowledged);
    if (crashes.some((crash) => crash !== undefined)) return possible;
  }
  return possible.slice(-1);
}

/** Reopens, finds out which of the possible states it is, goes on, and looks at every record in the end. */
async function recover(at: World, possible: readonly StateModel[], story: string): Promise<void> {
  at.backend.settle();
  at.logged.length = 0;
  const reopened = await at.open();
  const differences = await Promise.all(possible.map((model) => model.differences(reopened)));
  const found = possible[differences.findIndex((list) => list.length === 0)];
  expect(found, `${story}: ${JSON.stringify(differences)}`).toBeDefined();
  const model = found?.copy() ?? stateModel();
  for (const op of [set(A, "more", 1), batch([{ scope: U, key: "more", value: [BIG] }]), set(S, "x", 1)]) {
    await op.run(reopened);
    op.mean(model);
  }
  await reopened.checkpoint();
  await set(A, "more", 2).run(reopened);
  model.set(A, "more", 2);
  expect(await model.differences(reopened), story).toEqual([]);
  await reopened.close();
  if (at.isEventual) return;
  const audited = await audit(at.backend);
  expect({ missing: audited.missing, unreachable: audited.unreachable }, story).toEqual({
    missing: [],
    unreachable: [],
  });
  const again = await at.open({ require: { readOnly: true } });
  expect(await model.differences(again), story).toEqual([]);
  await again.close();
  expect(at.logged, story).toEqual([]);
}

async function effectsOf(profile: (typeof engineProfiles)[number]): Promise<number> {
  const at = world(profile);
  const state = await at.open();
  const [end] = await play(state, stateModel());
  expect(await end?.differences(state)).toEqual([]);
  await state.close();
  return at.backend.effects;
}

describe.each(engineProfiles)("a crash on a store that is $name", (profile) => {
  for (const kind of ["crash-before", "crash-after"] satisfies FaultKind[]) {
    it(`loses nothing acknowledged: ${kind} each effect`, { timeout: 120_000 }, async () => {
      const effects = await effectsOf(profile);
      // Where every single write is an effect there are hundreds of them, most alike.
      const step = isThorough ? 1 : Math.max(1, Math.floor(effects / 120));
      const points = Array.from({ length: Math.ceil(effects / step) }, (_, i) => 1 + i * step);
      await inParallel(points, async (n) => {
        const at = world(profile, n);
        const story = `${profile.name}, ${kind} effect ${n} of ${effects}`;
        at.backend.plan({ at: n, kind });
        const state = await at.open();
        const possible = await play(state, stateModel());
        await leave(state);
        at.backend.crash();
        // Another seed may need fewer effects; the crash must not wait for the next program.
        if (at.backend.effects < n) return;
        await recover(at, possible, story);
      });
      console.log(`${profile.name}, ${kind}: ${points.length} of ${effects} effects`);
    });
  }
});
