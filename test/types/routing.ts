/** Compiled, never run: what the types of keepstate/routing and keepstate/config promise, and what must not compile. */
import { z } from "zod";
import { createBackend, type StorageConfig } from "../../src/config.ts";
import { agent, createHooks, StateManager, type UniversalEvent } from "../../src/index.ts";
import { moveScopes, openRouted, type RoutedResult, type RoutedState } from "../../src/routing.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

export async function routed(): Promise<void> {
  const schema = {
    version: 1,
    scopes: { global: { count: z.number() }, agent: { plan: z.object({ step: z.number() }) } },
  } as const;
  const state = await openRouted({ schema, overrides: [{ match: "agent", enabled: false }] });
  const count = state.with({ actor: "me" }).get("count");
  same<typeof count, number | undefined>(true);
  const researcher = await state.scope(agent("r"));
  const plan = researcher.get("plan");
  same<typeof plan, { step: number } | undefined>(true);
  const store = state.storeOf(agent("r"));
  same<typeof store, StateManager<typeof schema>>(true);
  state.events.on("state.changed", ({ data }) => same<typeof data.key, string>(true));
  for await (const event of state.events.subscribe("*")) same<typeof event, UniversalEvent>(true);
  await moveScopes({ from: store, to: await StateManager.open(), match: "agent" });

  // @ts-expect-error several journals have no common revision to start from
  state.events.since();
  // @ts-expect-error of one store, not of several
  void state.headRevision;
  // @ts-expect-error not the type that the schema gives
  await researcher.set("plan", { step: "1" });
  // @ts-expect-error an override says which scopes
  await openRouted({ overrides: [{ enabled: false }] });
  // @ts-expect-error unknown options
  await openRouted({ override: [] });
  // @ts-expect-error both stores are needed
  await moveScopes({ from: store, match: "agent" });
}

export function results(result: RoutedResult, state: RoutedState): void {
  same<(typeof result.backends)[number]["backend"], string>(true);
  if (result.status === "cancelled") same<typeof result.by, string>(true);
  // @ts-expect-error each store has a revision of its own
  void result.revision;
  // @ts-expect-error a batch is synchronous in its types as well: nothing it returns is used
  void state.batch((tx) => tx.get("k"));
}

export async function hooks(): Promise<void> {
  await StateManager.open({ hooks: createHooks() });
  // @ts-expect-error a registry is made by createHooks
  await StateManager.open({ hooks: {} });
}

export async function config(given: unknown): Promise<void> {
  await StateManager.open({ storage: await createBackend({ type: "filesystem", path: "x" }) });
  // @ts-expect-error a path is needed
  const noPath: StorageConfig = { type: "filesystem" };
  // @ts-expect-error unknown fields are refused
  const fsync: StorageConfig = { type: "filesystem", path: "x", fsync: true };
  // @ts-expect-error what comes from outside is parsed first
  await createBackend(given);
  void [noPath, fsync];
}
