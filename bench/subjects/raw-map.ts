/** The limit of reading from memory: a bare `Map`, filled from the raw log when there is one. */

import type { Value } from "../values.ts";
import { rawLog } from "./raw-log.ts";
import { held, type Opened, type Subject } from "./subject.ts";

export const rawMap: Subject = {
  name: "Map",
  durable: false,
  history: false,
  note: "parsed objects in a Map; nothing is stored",
  async open(dir: string): Promise<Opened> {
    const log = await rawLog.open(dir);
    const map = (await log.load()).hold as Map<string, Value>;
    await log.close();
    return {
      set: (key, value) => void map.set(key, value),
      setMany(list) {
        for (const [key, value] of list) map.set(key, value);
        return undefined;
      },
      get: (key) => map.get(key),
      load: async () => held(map),
      close: async () => map.clear(),
    };
  },
};
