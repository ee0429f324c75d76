import { type Memory, PLAN, type Plan, type Reply, said } from "./memory.ts";
import { likeness, plural } from "./words.ts";

const MOST_STEPS = 50;

/** “plan launch: a, b, c”. The steps are told apart by commas, semicolons, lines or “then”. */
export function makePlan(_: Memory, goal: string, text: string): Reply {
  const steps = text
    .split(/\s*(?:[,;\n]|\bthen\b)\s*/i)
    .filter((step) => step !== "")
    .slice(0, MOST_STEPS);
  const plan: Plan = { goal: goal.trim(), steps: steps.map((step) => ({ text: step, done: false })) };
  return said(`Planned, ${plural(steps.length, "step")}.\n${described(plan)}`, { key: PLAN, value: plan });
}

export function showPlan(memory: Memory): Reply {
  const plan = planIn(memory);
  return plan === undefined ? none : said(described(plan));
}

export function add(memory: Memory, step: string): Reply {
  const plan = planIn(memory) ?? { goal: "to do", steps: [] };
  if (plan.steps.length >= MOST_STEPS) return said(`A plan has at most ${MOST_STEPS} steps.`);
  const grown: Plan = { ...plan, steps: [...plan.steps, { text: step.trim(), done: false }] };
  return said(`Added as step ${grown.steps.length}.\n${described(grown)}`, { key: PLAN, value: grown });
}

/** By the step's number, or by words that fit one step best. */
export function mark(memory: Memory, which: string, done: boolean): Reply | undefined {
  const plan = planIn(memory);
  if (plan === undefined) return none;
  const at = indexOf(plan, which);
  const step = plan.steps[at];
  if (step === undefined)
    return said(`The plan has ${plural(plan.steps.length, "step")}; “${which}” is none of them.`);
  if (step.done === done)
    return said(`Step ${at + 1} was ${done ? "done" : "open"} already.\n${described(plan)}`);
  const changed: Plan = { ...plan, steps: plan.steps.map((one, i) => (i === at ? { ...one, done } : one)) };
  return said(`${done ? "Done" : "Open again"}: ${step.text}.\n${described(changed)}`, {
    key: PLAN,
    value: changed,
  });
}

const none = said("There is no plan yet. Try “plan launch: write the post, test the build, tell the team”.");

function planIn(memory: Memory): Plan | undefined {
  return memory.get(PLAN) as Plan | undefined; // the mind alone writes it
}

function indexOf({ steps }: Plan, which: string): number {
  if (/^\d+$/.test(which)) return Number(which) - 1;
  const scores = steps.map(({ text }) => likeness(text, which));
  const best = Math.max(0, ...scores);
  return best >= 0.5 ? scores.indexOf(best) : -1;
}

function described({ goal, steps }: Plan): string {
  const done = steps.filter((step) => step.done).length;
  const lines = steps.map((step, i) => `${step.done ? "☑" : "☐"} ${i + 1}. ${step.text}`);
  const next = steps.find((step) => !step.done);
  const end = next === undefined ? "All done." : `Next: ${next.text}.`;
  return [`Plan “${goal}”, ${done} of ${steps.length} done:`, ...lines, end].join("\n");
}
