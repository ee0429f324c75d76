import { describe, it } from "vitest";
import { degraded, describeStore, profiles } from "../../src/testing.ts";

for (const { name, capabilities } of profiles) {
  describeStore(
    `degraded (${name})`,
    {
      traits: capabilities,
      async open() {
        const backend = degraded({ capabilities, seed: 7 });
        return {
          adapter: backend.adapter(),
          another: backend.adapter,
          async settle() {
            backend.settle();
            backend.advance(capabilities.minPutIntervalMs);
          },
          dispose: async () => undefined,
        };
      },
    },
    { describe, it },
  );
}
