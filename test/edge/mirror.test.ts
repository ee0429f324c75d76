import { expect, test } from "vitest";
import { mirrorOf } from "../../src/edge/mirror.ts";
import { perform } from "../../src/edge/perform.ts";
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
  const mirror = mirrorOf(state, kv, "object", () => {});
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

test("what is buffered is read as it is, without a revision", async () => {
  const state = await StateManager.open({ persistence: { mode: "buffered" } });
  await perform(state, { kind: "set", scope: "global", key: "k", value: 1 });
  const entry = { kind: "get", scope: "global", key: "k" } as const;
  expect(await perform(state, entry)).toEqual({ value: 1, revision: undefined });
  await state.flush();
  expect(await perform(state, entry)).toEqual({ value: 1, revision: state.headRevision });
  await state.close();
});
