import { agent, custom, type Handle, StateManager, type StorageAdapter, session, workflow } from "keepstate";
import type { Document } from "../agent/document.ts";
import type { Fact } from "../agent/fact.ts";
import type { Reply } from "../agent/reply.ts";
import type { Plan } from "../agent/step.ts";
import { installGuards } from "./guards.ts";

/** What was said, by `run/number`; number 00 is the request. */
export const TALK = session("conversation");
/** Plans by run. */
export const PLANS = workflow("plans");
/** What the user asked to remember, by the step that did it. */
export const FACTS = agent("librarian");
/** Documents by name. */
export const SHELF = custom("documents");

/** An entry of the conversation. */
export type Said =
  | { readonly who: "user"; readonly run: string; readonly text: string }
  | { readonly who: "agent"; readonly run: string; readonly reply: Reply }
  /** A veto: which hook, why, and of what. What was vetoed is kept nowhere. */
  | {
      readonly who: "guard";
      readonly run: string;
      readonly by: string;
      readonly reason: string;
      readonly of: string;
    }
  | {
      readonly who: "shelf";
      readonly run: string;
      readonly added?: readonly string[];
      readonly removed?: string;
    };

export interface Mind {
  readonly state: StateManager;
  readonly talk: Handle;
  readonly plans: Handle;
  readonly facts: Handle;
  readonly shelf: Handle;
}

/** Opens the agent's state, with its guards on duty. */
export async function openMind(storage: StorageAdapter): Promise<Mind> {
  const state = await StateManager.open({ storage });
  installGuards(state.hooks);
  const [talk, plans, facts, shelf] = await Promise.all(
    [TALK, PLANS, FACTS, SHELF].map((one) => state.scope(one)),
  );
  if (!talk || !plans || !facts || !shelf) throw new TypeError("a scope did not open");
  return { state, talk, plans, facts, shelf };
}

// What is stored in these scopes was put there by the files beside this one.
export const documentsOf = ({ shelf }: Mind) => inOrder(shelf).map(([, value]) => value as Document);
export const factsOf = ({ facts }: Mind) => inOrder(facts).map(([, value]) => value as Fact);
export const saidIn = ({ talk }: Mind) => inOrder(talk).map(([key, value]) => [key, value as Said] as const);
export const planOf = ({ plans }: Mind, run: string) => plans.get(run) as Plan | undefined;
/** Plans with steps to do, the one that was made first first. */
export function openPlans({ plans }: Mind): Plan[] {
  return inOrder(plans)
    .map(([, value]) => value as Plan)
    .filter(({ next, steps }) => next < steps.length);
}

/** What the agent said last. */
export function lastReply(mind: Mind): Reply | undefined {
  const last = saidIn(mind).findLast(([, said]) => said.who === "agent")?.[1];
  return last?.who === "agent" ? last.reply : undefined;
}

/** The journal's order, which no clock decides; entries of one commit by their key. */
function inOrder(handle: Handle): [string, unknown][] {
  const placed = handle.entries().map((entry) => [handle.revision(entry[0]) ?? "", entry] as const);
  placed.sort(([a, [m]], [b, [n]]) => (a === b ? (m < n ? -1 : 1) : a < b ? -1 : 1));
  return placed.map(([, entry]) => entry);
}

/** Names a run: the correlation id of all that follows from one request. */
export function newRun(): string {
  return `run-${crypto.randomUUID().slice(0, 8)}`;
}

/** The key of what is said at a step; the same step says it at the same place, however often it is tried. */
export function placeOf(run: string, at: number): string {
  return `${run}/${String(at).padStart(2, "0")}`;
}
