import { keepstate, keepstateRead } from "./keepstate.ts";
import { dexie, idb, idbKeyval, localForage, rxdb, tinybase } from "./peers.ts";
import { rawMap, rawRows, rawSegments } from "./raw.ts";
import type { PageSubject } from "./subject.ts";

export const subjects: readonly PageSubject[] = [
  rawRows,
  rawSegments,
  rawMap,
  keepstate,
  keepstateRead,
  idbKeyval,
  idb,
  dexie,
  localForage,
  tinybase,
  rxdb,
];
