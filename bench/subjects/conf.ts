/** conf: one JSON file, written whole at each set. */

import type { Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Conf extends Iterable<[string, Value]> {
  set(key: string, value: Value): void;
  set(values: Record<string, Value>): void;
  get(key: string): Value | undefined;
}
interface Module {
  default: new (options: { cwd: string; configName: string; accessPropertiesByDotNotation: boolean }) => Conf;
}

export const conf: Subject = {
  name: "conf",
  durable: false,
  history: false,
  note: "syncs the new file but not its rename; reads and writes the whole file at each call, blocking",
  imports: ["conf"],
  async open(dir: string): Promise<Opened> {
    const { default: Conf } = await peer<Module>("conf");
    const store = new Conf({ cwd: dir, configName: "conf", accessPropertiesByDotNotation: false });
    return {
      set: (key, value) => void store.set(key, value),
      setMany: (list) => void store.set(Object.fromEntries(list)),
      get: (key) => store.get(key),
      load: async () => held(new Map(store)),
      close: async () => undefined,
    };
  },
};
