/** Which subjects there are, and which of them work on this machine. */

import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { record } from "../values.ts";
import { conf } from "./conf.ts";
import { keepstate, keepstateIsBuilt } from "./keepstate.ts";
import { keyv } from "./keyv.ts";
import { langgraph, langgraphOneThread } from "./langgraph.ts";
import { level } from "./level.ts";
import { lmdb, lmdbFlushed } from "./lmdb.ts";
import { rawDsync } from "./raw-dsync.ts";
import { rawLog } from "./raw-log.ts";
import { rawMap } from "./raw-map.ts";
import { sqlite, sqliteHistory } from "./sqlite.ts";
import type { Subject } from "./subject.ts";
import { tinybase } from "./tinybase.ts";
import { unstorage } from "./unstorage.ts";

export const raw: readonly Subject[] = [rawLog, rawDsync, rawMap];
export const peers: readonly Subject[] = [
  sqlite,
  sqliteHistory,
  level,
  lmdb,
  lmdbFlushed,
  langgraph,
  langgraphOneThread,
  tinybase,
  keyv,
  unstorage,
  conf,
];

export function subjectNamed(name: string): Subject {
  const found = [...raw, keepstate, ...peers].find((subject) => subject.name === name);
  if (found === undefined) throw new TypeError(`No subject is named ${name}`);
  return found;
}

export interface Available {
  readonly subjects: ReadonlySet<Subject>;
  /** One line for each that was left out, with the reason. */
  readonly leftOut: readonly string[];
}

/** Opens each subject once, writes and reads a value; what fails is left out. */
export async function availableSubjects(scratch: string, withPeers: boolean): Promise<Available> {
  const subjects = new Set(raw);
  const leftOut: string[] = [];
  if (!keepstateIsBuilt()) leftOut.push("keepstate: dist/ is not there (npm run build)");
  const candidates = [...(keepstateIsBuilt() ? [keepstate] : []), ...(withPeers ? peers : [])];
  for (const subject of candidates) {
    const reason = await reasonToLeaveOut(subject, scratch);
    if (reason === undefined) subjects.add(subject);
    else leftOut.push(`${subject.name}: ${reason}`);
  }
  return { subjects, leftOut };
}

async function reasonToLeaveOut(subject: Subject, scratch: string): Promise<string | undefined> {
  const dir = await mkdtemp(join(scratch, "probe-"));
  try {
    const store = await subject.open(dir);
    await store.set("probe", record(1));
    const value = await store.get("probe");
    await store.close();
    return value?.["id"] === "task-1" ? undefined : "a value that was set did not come back";
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? error.name) : String(error);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
