import type { WriteResult } from "keepstate";
import { understand } from "../agent/understand.ts";
import { documentsOf, type Mind, newRun, PLANS, placeOf, type Said, TALK } from "./mind.ts";

/** Takes a request: its words and the plan made of it are one commit. A veto is told in the conversation. */
export async function ask(mind: Mind, request: string, run = newRun()): Promise<WriteResult> {
  const steps = understand(request, documentsOf(mind));
  const said: Said = { who: "user", run, text: request };
  const result = await mind.state.batch(
    (tx) => {
      tx.set(TALK, placeOf(run, 0), said);
      tx.set(PLANS, run, { run, request, steps, next: 0 });
    },
    { correlationId: run, actor: "user", triggeredBy: "user" },
  );
  if (result.status === "cancelled") await tellVeto(mind, run, 0, result, "your message");
  return result;
}

/** Says in the conversation that a hook vetoed something, and nothing of what it was. */
export async function tellVeto(
  mind: Mind,
  run: string,
  at: number,
  { by, reason }: Extract<WriteResult, { status: "cancelled" }>,
  of: string,
): Promise<void> {
  const notice: Said = { who: "guard", run, by, reason, of };
  await mind.talk.set(placeOf(run, at), notice, {
    correlationId: run,
    actor: "librarian",
    triggeredBy: "agent",
  });
}
