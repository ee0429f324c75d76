import "fake-indexeddb/auto";
import { describe, it } from "vitest";
import { indexedDB } from "../../adapters/indexeddb/index.ts";
import { describeStore } from "../../src/testing.ts";

let made = 0;

describeStore(
  "indexeddb",
  {
    traits: {
      durability: "process",
      watch: true,
      maxValueBytes: 2 ** 31,
      maxBatch: { count: 2 ** 31, bytes: 2 ** 31 },
    },
    open: async () => {
      // A factory is a world of databases; the channels between openings are the process's, so the name is fresh too.
      const factory = new IDBFactory();
      const name = `conformance-${++made}`;
      return {
        adapter: indexedDB({ name, factory }),
        another: () => indexedDB({ name, factory }),
        dispose: async () => undefined,
      };
    },
  },
  { describe, it },
);
