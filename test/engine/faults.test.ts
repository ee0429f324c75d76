import { describe, expect, it } from "vitest";
import { isStateError, type StateManager } from "../../src/index.ts";
import { type FaultKind, type StateModel, stateModel } from "../../src/testing.ts";
import { audit } from "./audit.ts";
import { A, BIG, batch, type Op, S, set, U, workload } from "./workload.ts";
import { engineProfiles, inParallel, isThorough, leave, type World, world } from "./world.ts";

const calls = workload.flat();

/** What came of a run: the meaning and the changes of all that was acknowledged. */
interface Story {
  readonly model: StateModel;
  readonly changes: string[];
  readonly refused: unknown[];
}

/** One call after the other; what rejects must not have happened. */
async function play(state: StateManager, ops: readonly Op[]): Promise<Story> {
  const story: Story = { model: stateModel(), changes: [], refused: [] };
  for (const op of ops) {
    try {
      await op.run(state);
      story.changes.push(...op.changes(story.model));
      op.mean(story.model);
    } catch (error) {
      if (!isStateError(error, "unavailable")) throw error;
      story.refused.push(error);
    }
  }
  return story;
}

/** Every change of the journal, in order. */
async function history(state: StateManager, count: number): Promise<string[]> {
  const found: string[] = [];
  if (count === 0) return found;
  // A lost change would be waited for; one too many is in the journal by now.
  const end = new AbortController();
  let timer = setTimeout(() => end.abort(), 2000);
  for await (const { data } of state.events.since(undefined, end.signal)) {
    const { scope, key } = data as { scope: string; key: string };
    found.push(`${scope} ${key}`);
    if (found.length < count) continue;
    clearTimeout(timer);
    timer = setTimeout(() => end.abort(), 5);
  }
  return found;
}

async function expectStory(at: World, state: StateManager, { model, changes }: Story, why: string) {
  expect(await model.differences(state), why).toEqual([]);
  await state.close();
  at.backend.settle();
  const reopened = await at.open({ require: { readOnly: true } });
  expect(await model.differences(reopened), why).toEqual([]);
  expect(await history(reopened, changes.length), `${why}: history`).toEqual(changes);
  await reopened.close();
  const { missing, unreachable } = await audit(at.backend);
  expect({ missing, unreachable: at.isEventual ? [] : unreachable }, why).toEqual({
    missing: [],
    unreachable: [],
  });
}

const kinds: FaultKind[] = ["fail-before", "fail-after", "conflict-unmoved", "conflict-applied"];

describe.each(engineProfiles)("a failure on a store that is $name", (profile) => {
  it.each(kinds)("is found out, whichever effect it hits: %s", { timeout: 60_000 }, async (kind) => {
    const calm = world(profile);
    const state = await calm.open();
    await play(state, calls);
    await state.close();
    const effects = calm.backend.effects;
    const step = isThorough ? 1 : Math.max(1, Math.floor(effects / 40));
    const points = Array.from({ length: Math.ceil(effects / step) }, (_, i) => 1 + i * step);
    let refusals = 0;
    await inParallel(points, async (n) => {
      const at = world(profile, n);
      at.backend.plan({ at: n, kind });
      const hit = await at.open();
      const story = await play(hit, calls);
      refusals += story.refused.length;
      const why = `${profile.name}, ${kind} at effect ${n} of ${effects}`;
      expect(story.refused.length, why).toBeLessThanOrEqual(1);
      // What landed as a whole is acknowledged, however the store put it.
      if (
        profile.capabilities.atomicity === "batch" &&
        kind !== "fail-before" &&
        !profile.name.includes("tiny")
      )
        expect(story.refused, why).toEqual([]);
      await hit.close();
      at.backend.settle();
      const next = await at.open();
      await set(A, "last", n).run(next);
      story.model.set(A, "last", n);
      story.changes.push("agent:a last");
      await expectStory(at, next, story, why);
    });
    console.log(`${profile.name}, ${kind}: ${points.length} of ${effects} effects, ${refusals} refused`);
  });

  it("keeps what is durable, and nothing half, when the power goes", { timeout: 60_000 }, async () => {
    const { durability, atomicity } = profile.capabilities;
    let unreadable = 0;
    await inParallel(
      Array.from({ length: isThorough ? 200 : 24 }, (_, i) => i + 1),
      async (seed) => {
        const at = world(profile, seed);
        const state = await at.open();
        const models = [stateModel()];
        const count = seed % (calls.length + 1);
        for (const op of calls.slice(0, count)) {
          await op.run(state);
          const next = models.at(-1)?.copy() ?? stateModel();
          op.mean(next);
          models.push(next);
          if (seed % 3 === 0 && op === calls[2]) {
            at.backend.sync();
            models.splice(0, models.length - 1);
          }
        }
        at.backend.powerLoss();
        await leave(state);
        at.backend.settle();
        const why = `${profile.name}, power loss after ${count} calls, seed ${seed}`;
        if (durability === "power") models.splice(0, models.length - 1);
        try {
          const reopened = await at.open({ require: { readOnly: true } });
          const differences = await Promise.all(models.map((model) => model.differences(reopened)));
          expect(differences, why).toContainEqual([]);
          await reopened.close();
        } catch (error) {
          // Writes that were lost in any order may leave a pointer to nothing; that is told, and nothing is made up.
          if (durability === "power" || atomicity === "batch" || !isStateError(error, "corrupt")) throw error;
          unreadable++;
        }
      },
    );
    if (unreadable > 0) console.log(`${profile.name}: ${unreadable} stores were reported as damaged`);
  });
});

describe("a commit that is refused for want of room", () => {
  it("changes nothing, and the store goes on", async () => {
    for (const profile of engineProfiles.filter((p) => p.capabilities.consistency === "strong")) {
      for (let n = 3; n < 12; n++) {
        const at = world(profile, n);
        const state = await at.open();
        const model = stateModel();
        await state.set("a", 1);
        model.set({ kind: "global" }, "a", 1);
        at.backend.plan({ at: at.backend.effects + (n % 3) + 1, kind: "fail-before", as: "quota" });
        for (const op of [set(U, "big", BIG), batch([{ scope: S, key: "x", value: 1 }]), set(A, "k", 2)]) {
          try {
            await op.run(state);
            op.mean(model);
          } catch (error) {
            expect(isStateError(error, "quota")).toBe(true);
          }
        }
        expect(await model.differences(state), `${profile.name} ${n}`).toEqual([]);
        await state.close();
        const again = await at.open({ require: { readOnly: true } });
        expect(await model.differences(again), `${profile.name} ${n}`).toEqual([]);
        await again.close();
      }
    }
  });
});
