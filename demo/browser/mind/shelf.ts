import type { Document } from "../agent/document.ts";
import { tellVeto } from "./ask.ts";
import { FACTS, type Mind, newRun, PLANS, placeOf, type Said, SHELF, TALK } from "./mind.ts";

const asUser = (run: string) => ({ correlationId: run, actor: "user", triggeredBy: "user" });

/** Puts documents on the shelf, each in a commit of its own, so that a veto of one leaves the others. */
export async function addDocuments(mind: Mind, documents: readonly Document[]): Promise<void> {
  const run = newRun();
  const added: string[] = [];
  for (const [at, document] of documents.entries()) {
    const said: Said = { who: "shelf", run, added: [...added, document.name] };
    const result = await mind.state.batch((tx) => {
      tx.set(SHELF, document.name, document);
      tx.set(TALK, placeOf(run, 0), said);
    }, asUser(run));
    if (result.status === "cancelled") await tellVeto(mind, run, at + 1, result, document.name);
    else added.push(document.name);
  }
}

export async function removeDocument(mind: Mind, name: string): Promise<void> {
  const run = newRun();
  const said: Said = { who: "shelf", run, removed: name };
  await mind.state.batch((tx) => {
    tx.delete(SHELF, name);
    tx.set(TALK, placeOf(run, 0), said);
  }, asUser(run));
}

/** Empties all scopes in one commit. The journal still knows what was there. */
export async function forgetEverything(mind: Mind): Promise<void> {
  const places = [
    [TALK, mind.talk],
    [PLANS, mind.plans],
    [FACTS, mind.facts],
    [SHELF, mind.shelf],
  ] as const;
  await mind.state.batch((tx) => {
    for (const [scope, handle] of places) for (const key of handle.keys()) tx.delete(scope, key);
  }, asUser(newRun()));
}
