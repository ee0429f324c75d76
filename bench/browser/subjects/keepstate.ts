/** keepstate through its published entry points; bundled from the build. */

import { agent, StateManager } from "keepstate";
import { indexedDB } from "keepstate/adapters/indexeddb";
import type { PageSubject, Value } from "./subject.ts";

export const keepstate: PageSubject = {
  name: "keepstate",
  async open(name) {
    const state = await StateManager.open({ storage: indexedDB({ name }) });
    const scope = agent("bench");
    const handle = await state.scope(scope);
    return {
      set: (key, value) => handle.set(key, value),
      async setMany(list) {
        await state.batch((tx) => {
          for (const [key, value] of list) tx.set(scope, key, value);
        });
      },
      get: (key): Value | undefined => handle.get(key) as Value | undefined, // only the bench writes here
      load: async () => handle.entries().length,
      close: () => state.close(),
    };
  },
};
