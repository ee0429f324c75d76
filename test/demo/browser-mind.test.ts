import { isStateError } from "keepstate";
import { memory } from "keepstate/adapters/memory";
import { describe, expect, test } from "vitest";
import { makeDocument } from "../../demo/browser/agent/document.ts";
import { ask } from "../../demo/browser/mind/ask.ts";
import { NO_ADDRESSES, NO_SECRETS } from "../../demo/browser/mind/guards.ts";
import { commitsOf } from "../../demo/browser/mind/history.ts";
import {
  documentsOf,
  factsOf,
  type Mind,
  openMind,
  openPlans,
  planOf,
  saidIn,
} from "../../demo/browser/mind/mind.ts";
import { runner, takeStep } from "../../demo/browser/mind/runner.ts";
import { addDocuments, forgetEverything, removeDocument } from "../../demo/browser/mind/shelf.ts";

const SECRET = "AKIAIOSFODNN7EXAMPLE";
const ADDRESS = "ines.holt@example.org";
const COSTS = makeDocument("costs.csv", "team,cost\nred,10\nblue,5\nred,7\n");
const NOTES = makeDocument("notes.md", `# Notes\n\nThe harbour floods in spring. Write to ${ADDRESS}.\n`);
const KEYS = makeDocument("keys.txt", `The upload key is ${SECRET}\n`);
const FOUR = "total cost by team, then find the flood; then remember that I like boats then what do you know";

/** Steps of a run that were said, by their number. */
const numbers = (mind: Mind, run: string) =>
  saidIn(mind)
    .filter(([key, said]) => key.startsWith(`${run}/`) && said.who !== "user")
    .map(([key]) => Number(key.split("/")[1]));

/** Does all steps of all plans; there are fewer than this many. */
async function goOn(mind: Mind): Promise<void> {
  for (let steps = 0; steps < 20; steps++) {
    const plan = openPlans(mind)[0];
    if (plan === undefined) return;
    await takeStep(mind, plan);
  }
  expect.fail("the plans do not end");
}

describe("a plan", () => {
  test("goes on after a kill with the next step, and repeats nothing", async () => {
    const storage = memory();
    for (let lives = 0; lives < 6; lives++) {
      // Never closed: each life ends after one step, with the next one computed and not stored.
      const mind = await openMind(storage);
      if (lives === 0) {
        await addDocuments(mind, [COSTS, NOTES]);
        await ask(mind, FOUR, "run-1");
      }
      const plan = openPlans(mind)[0];
      if (plan === undefined) break;
      expect(plan.next).toBe(lives);
      await takeStep(mind, plan);
    }
    const mind = await openMind(storage);
    expect(numbers(mind, "run-1")).toEqual([1, 2, 3, 4]);
    expect(factsOf(mind).map(({ text }) => text)).toEqual(["I like boats"]);
    const commits = commitsOf((await mind.state.timeline("run-1")).events);
    const nexts = commits.flatMap(({ changes }) =>
      changes.flatMap(({ scope, value }) =>
        scope === "workflow:plans" ? (value as { next: number }).next : [],
      ),
    );
    expect(nexts).toEqual([0, 1, 2, 3, 4]);
    await mind.state.close();
  });

  test("is done once when two tabs do it side by side without a lock", async () => {
    const storage = memory();
    const [one, two] = [await openMind(storage), await openMind(storage)];
    await addDocuments(one, [COSTS, NOTES]);
    await ask(one, FOUR, "run-1");
    const errors: unknown[] = [];
    const options = {
      exclusively: (work: () => Promise<void>) => work(),
      pause: async () => {},
      onError: (error: unknown) => errors.push(error),
    };
    await two.state.refresh();
    const plan = planOf(two, "run-1");
    if (plan === undefined) throw new TypeError("the second tab does not see the plan");
    expect((await Promise.all([takeStep(one, plan), takeStep(two, plan)])).sort()).toEqual(["done", "taken"]);
    runner(one, options).wake();
    runner(two, options).wake();
    await expect.poll(() => [openPlans(one).length, openPlans(two).length]).toEqual([0, 0]);
    for (const mind of [one, two]) {
      expect(errors.filter((error) => !isStateError(error))).toEqual([]);
      expect(numbers(mind, "run-1")).toEqual([1, 2, 3, 4]);
      expect(factsOf(mind)).toHaveLength(1);
      await mind.state.close();
    }
  });

  test("whose step fails to be stored is as if the step had not begun", async () => {
    const mind = await openMind(memory());
    await ask(mind, "remember that I like boats", "run-1");
    const plan = openPlans(mind)[0];
    if (plan === undefined) throw new TypeError("no plan");
    const off = mind.state.hooks.on("before_state_change", { id: "breaks" }, ({ scope }) => {
      if (scope.kind === "agent") throw new TypeError("broken");
    });
    await expect(takeStep(mind, plan)).rejects.toMatchObject({ code: "hook_failed" });
    expect([openPlans(mind), factsOf(mind), numbers(mind, "run-1")]).toEqual([[plan], [], []]);
    off();
    await goOn(mind);
    expect(factsOf(mind)).toHaveLength(1);
    await mind.state.close();
  });
});

describe("the guards", () => {
  test("keep a secret out of documents, words and journal, and the conversation says so", async () => {
    const mind = await openMind(memory());
    await addDocuments(mind, [COSTS, KEYS, NOTES]);
    await ask(mind, `remember that the key is ${SECRET}`, "run-1");
    await ask(mind, "remember that my password is tulip42!", "run-2");
    await goOn(mind);
    expect(documentsOf(mind).map(({ name }) => name)).toEqual(["costs.csv", "notes.md"]);
    const vetoes = saidIn(mind).flatMap(([, said]) => (said.who === "guard" ? said : []));
    expect(vetoes.map(({ by, of, reason }) => [by, of, reason])).toEqual([
      [NO_SECRETS, "keys.txt", "contains an AWS access key"],
      [NO_SECRETS, "your message", "contains an AWS access key"],
      [NO_SECRETS, "your message", "contains a password"],
    ]);
    const timelines = await Promise.all(vetoes.map(({ run }) => mind.state.timeline(run)));
    expect(timelines.flatMap(({ events }) => events.filter(({ kind }) => kind === "veto"))).toHaveLength(3);
    expect(JSON.stringify([timelines, mind.talk.entries(), mind.plans.entries()])).not.toMatch(/AKIA|tulip/);
    await mind.state.close();
  });

  test("take addresses out of what is stored and of what is recorded", async () => {
    const mind = await openMind(memory());
    await addDocuments(mind, [NOTES]);
    await ask(mind, `remember that Ines is ${ADDRESS}`, "run-1");
    await goOn(mind);
    expect(factsOf(mind)).toMatchObject([{ text: "Ines is [address removed]" }]);
    const runs = saidIn(mind).map(([, { run }]) => run);
    const timelines = await Promise.all(runs.map((run) => mind.state.timeline(run)));
    expect(JSON.stringify([timelines, mind.shelf.entries()])).not.toContain(ADDRESS);
    const decisions = commitsOf(timelines.flatMap(({ events }) => events)).flatMap(({ changes }) =>
      changes.flatMap((change) => change.decisions),
    );
    expect(decisions).toContainEqual({ hook: NO_ADDRESSES, result: "modify" });
    await mind.state.close();
  });
});

describe("the shelf", () => {
  test("gives and forgets, and a plan that was under way does not come back", async () => {
    const mind = await openMind(memory());
    await addDocuments(mind, [COSTS, NOTES]);
    await removeDocument(mind, "costs.csv");
    expect(documentsOf(mind).map(({ name }) => name)).toEqual(["notes.md"]);
    await ask(mind, FOUR, "run-1");
    const plan = openPlans(mind)[0];
    if (plan === undefined) throw new TypeError("no plan");
    await takeStep(mind, plan);
    const second = openPlans(mind)[0];
    await forgetEverything(mind);
    expect(await takeStep(mind, second ?? plan)).toBe("taken");
    expect([mind.talk.size, mind.plans.size, mind.facts.size, mind.shelf.size]).toEqual([0, 0, 0, 0]);
    await mind.state.close();
  });
});
