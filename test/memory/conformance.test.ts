import { describe, it } from "vitest";
import { memory } from "../../adapters/memory/index.ts";
import { describeStore } from "../../src/testing.ts";

describeStore(
  "memory",
  {
    traits: { durability: "none", watch: true },
    open: async () => ({ adapter: memory(), dispose: async () => undefined }),
  },
  { describe, it },
);
