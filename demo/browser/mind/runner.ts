import { perform } from "../agent/perform.ts";
import { plainly } from "../agent/reply.ts";
import { describeStep, type Plan, type Step } from "../agent/step.ts";
import type { Outcome, World } from "../agent/world.ts";
import { ONE_STEP_ONCE } from "./guards.ts";
import {
  documentsOf,
  FACTS,
  factsOf,
  lastReply,
  type Mind,
  openPlans,
  PLANS,
  placeOf,
  type Said,
  TALK,
} from "./mind.ts";

/** `done` by us; `taken`: another tab had done it, and nothing of ours was stored; `withheld`: a guard vetoed its words. */
export type StepResult = "done" | "taken" | "withheld";

/** Does the next step of a plan. What it says, what it keeps, and that it is done are one commit, or nothing of it is. */
export async function takeStep(mind: Mind, plan: Plan): Promise<StepResult> {
  const step = plan.steps[plan.next];
  if (step === undefined) return "taken";
  const at = plan.next + 1;
  const place = placeOf(plan.run, at);
  const world = { documents: documentsOf(mind), facts: factsOf(mind), last: lastReply(mind), stepId: place };
  const { reply, keep, drop = [] } = attempt(step, world);
  const commit = (said: Said, isWhole: boolean) =>
    mind.state.batch(
      (tx) => {
        tx.set(PLANS, plan.run, { ...plan, next: at });
        tx.set(TALK, place, said);
        if (isWhole && keep !== undefined) tx.set(FACTS, keep.id, keep);
        if (isWhole) for (const id of drop) tx.delete(FACTS, id);
      },
      { correlationId: plan.run, actor: "librarian", triggeredBy: "agent" },
    );
  const result = await commit({ who: "agent", reply, run: plan.run }, true);
  if (result.status !== "cancelled") return "done";
  if (result.by === ONE_STEP_ONCE) return "taken";
  const notice: Said = {
    who: "guard",
    run: plan.run,
    by: result.by,
    reason: result.reason,
    of: describeStep(step),
  };
  const second = await commit(notice, false);
  return second.status === "cancelled" ? "taken" : "withheld";
}

/** A step that fails says so and is done; otherwise the plan would stand still at it for ever. */
function attempt(step: Step, world: World): Outcome {
  try {
    return perform(step, world);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reply: plainly(`I could not ${describeStep(step)}: ${why}`) };
  }
}

export interface RunnerOptions {
  /** Runs `work` while no other tab does; the platform lets go when the tab dies. */
  readonly exclusively: (work: () => Promise<void>) => Promise<void>;
  /** Called before each step of a plan of several, so that one can watch. */
  readonly pause: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Goes through open plans whenever it is woken, until there is none. */
export function runner(mind: Mind, { exclusively, pause, onError }: RunnerOptions): { wake(): void } {
  let isWaiting = false;

  async function drain(): Promise<void> {
    // What was asked from here on wakes it anew.
    isWaiting = false;
    await mind.state.refresh();
    let plan = openPlans(mind)[0];
    while (plan !== undefined) {
      if (plan.steps.length > 1) await pause();
      if ((await takeStep(mind, plan)) === "taken") await mind.state.refresh();
      const after = openPlans(mind)[0];
      if (after === plan) throw new TypeError(`the plan of ${plan.run} does not go on`);
      plan = after;
    }
  }

  return {
    wake() {
      if (isWaiting || openPlans(mind).length === 0) return;
      isWaiting = true;
      exclusively(drain).catch((error: unknown) => {
        isWaiting = false;
        onError(error);
      });
    },
  };
}
