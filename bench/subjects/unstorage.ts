/** unstorage on the file system: a file for each key. */

import { join } from "node:path";
import type { Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Storage {
  setItem(key: string, value: Value): Promise<void>;
  setItems(list: { key: string; value: Value }[]): Promise<void>;
  getItem(key: string): Promise<Value | null>;
  getKeys(): Promise<string[]>;
  getItems(keys: string[]): Promise<{ key: string; value: Value }[]>;
  dispose(): Promise<void>;
}
interface Modules {
  unstorage: { createStorage(options: { driver: unknown }): Storage };
  driver: { default: (options: { base: string }) => unknown };
}

export const unstorage: Subject = {
  name: "unstorage fs",
  durable: false,
  history: false,
  note: "a file for each key, without a sync",
  imports: ["unstorage", "unstorage/drivers/fs-lite"],
  async open(dir: string): Promise<Opened> {
    const { createStorage } = await peer<Modules["unstorage"]>("unstorage");
    const driver = await peer<Modules["driver"]>("unstorage/drivers/fs-lite");
    const storage = createStorage({ driver: driver.default({ base: join(dir, "unstorage") }) });
    return {
      set: (key, value) => storage.setItem(key, value),
      setMany: (list) => storage.setItems(list.map(([key, value]) => ({ key, value }))),
      get: async (key) => (await storage.getItem(key)) ?? undefined,
      async load() {
        const items = await storage.getItems(await storage.getKeys());
        return held(new Map(items.map(({ key, value }) => [key, value])));
      },
      close: () => storage.dispose(),
    };
  },
};
