import type { ForkedPage, ForkedWrite } from "../events/event.ts";
import type { Revision } from "../ground/revision.ts";
import { withStaged } from "../journal/chain.ts";
import { pageKey } from "../journal/keys.ts";
import { pause } from "../journal/pace.ts";
import { decodePage } from "../journal/page.ts";
import { inlineValue } from "../journal/read.ts";
import { readRecords } from "../journal/reader.ts";
import { SYSTEM } from "./correlation.ts";
import type { Engine } from "./engine.ts";
import { track } from "./running.ts";

/** Tells what is in pages off the chain; values go to those who listen, never to the log. Never rejects; `close` waits. */
export function tellForks(engine: Engine, revisions: readonly Revision[]): Promise<void> {
  const telling = tell(engine, revisions);
  track(engine, telling);
  return telling;
}

async function tell(engine: Engine, revisions: readonly Revision[]): Promise<void> {
  const { bus } = engine;
  // Whoever opened the store may begin to listen.
  await pause(0);
  if (!bus.hasListeners("store.forked")) return;
  const pages: ForkedPage[] = [];
  for (const revision of revisions) {
    try {
      pages.push({ revision, changes: await changesIn(engine, revision) });
    } catch (error) {
      pages.push({ revision, changes: [], error });
    }
  }
  bus.publish({ type: "store.forked", data: { pages }, correlation: SYSTEM });
}

async function changesIn({ journal, codec }: Engine, revision: Revision): Promise<ForkedWrite[]> {
  const key = pageKey(revision);
  const [bytes = new Uint8Array()] = await readRecords(journal.store, [key]);
  const { commits } = await withStaged(journal.store, decodePage(key, bytes));
  const told: ForkedWrite[] = [];
  for (const { time, changes } of commits) {
    for (const { scope, key, operation, value } of changes) {
      const stored = value && (await inlineValue(journal, value));
      told.push({ scope, key, operation, value: stored && codec.decode(stored).value, time });
    }
  }
  return told;
}
