/** keepstate through its published entry points; bundled from the build. */

import { agent, StateManager } from "keepstate";
import { indexedDB } from "keepstate/adapters/indexeddb";
import type { Entry, PageSubject, Value } from "./subject.ts";

/** Loaded is a scope whose every value can be had at once: each is parsed when it is first read. */
export const keepstate: PageSubject = { name: "keepstate", open };

export const keepstateRead: PageSubject = {
  name: "keepstate, every value read",
  async open(name) {
    const opened = await open(name);
    return { ...opened, load: async () => opened.handle.entries().length };
  },
};

async function open(name: string) {
  const state = await StateManager.open({ storage: indexedDB({ name }) });
  const scope = agent("bench");
  const handle = await state.scope(scope);
  return {
    handle,
    set: (key: string, value: Value) => handle.set(key, value),
    async setMany(list: readonly Entry[]) {
      await state.batch((tx) => {
        for (const [key, value] of list) tx.set(scope, key, value);
      });
    },
    get: (key: string) => handle.get(key),
    load: async () => handle.size,
    close: () => state.close(),
  };
}
