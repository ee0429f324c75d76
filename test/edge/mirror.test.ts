import { expect, test } from "vitest";
import { mirrorOf } from "../../src/edge/mirror.ts";
import { StateManager } from "../../src/index.ts";
import { degraded, profile } from "../../src/testing.ts";

const { capabilities } = profile("strong");

interface Copy {
  readonly value: {
    readonly revision: string;
    readonly entries: Record<string, { readonly value: unknown }>;
  };
}

test("a copy made while a write is on its way shows what is stored, and claims no more", async () => {
  const backend = degraded({ capabilities });
  const state = await StateManager.open({ storage: backend.adapter() });
  const first = await state.set("k", 1);
  const copies: Copy[] = [];
  const kv = {
    get: () => Promise.resolve(null),
    put: (_: string, text: string) => Promise.resolve(void copies.push(JSON.parse(text) as Copy)),
  };
  const mirror = mirrorOf(
    () => Promise.resolve(state),
    kv,
    "object",
    () => {},
  );
  mirror.follow(state);
  const { reached, thaw } = backend.freeze(backend.effects + 1);
  const second = state.set("k", 2);
  await reached;
  await mirror.refresh("global");
  thaw();
  await second;
  await state.close();
  expect(copies.map(({ value }) => [value.entries["k"]?.value, value.revision])).toEqual([
    [1, first.status === "committed" && first.revision],
  ]);
});
