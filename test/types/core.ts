/** Compiled, never run: what the core's types promise, and what must not compile. */
import { z } from "zod";
import {
  agent,
  cancel,
  globalScope,
  type HookPoint,
  isStateError,
  modify,
  type Revision,
  redirect,
  StateManager,
  type StateScope,
  type SystemScope,
  type UniversalEvent,
  type WriteResult,
} from "../../src/index.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

export async function untyped(): Promise<void> {
  const state = await StateManager.open();
  same<typeof state, StateManager>(true);
  const value = state.get("anything");
  same<typeof value, unknown>(true);
  // @ts-expect-error a key is a string
  state.get(5);
  // @ts-expect-error a value is needed
  await state.set("k");
  // @ts-expect-error unknown options of a write
  await state.set("k", 1, { corelationId: "x" });
  // @ts-expect-error unknown options of open
  await StateManager.open({ storge: 1 });
  // @ts-expect-error one mode or the other
  await StateManager.open({ persistence: { mode: "lazy" } });
  // @ts-expect-error nobody can insist on less
  await StateManager.open({ require: { durability: "none" } });
  // @ts-expect-error the store has no scope of its own to close: `close` ends all
  state[Symbol.dispose]();
}

export async function typed(): Promise<void> {
  const schema = {
    version: 2,
    scopes: {
      global: { count: z.number() },
      agent: { plan: z.object({ step: z.number() }), when: z.coerce.date() },
      step: { done: z.boolean() },
    },
  } as const;
  const state = await StateManager.open({ schema });
  const researcher = await state.agent("r");
  const plan = researcher.get("plan");
  same<typeof plan, { step: number } | undefined>(true);
  const when = researcher.get("when");
  same<typeof when, Date | undefined>(true);
  await researcher.update("plan", (old) => ({ step: (old?.step ?? 0) + 1 }));
  const keys = researcher.keys();
  same<typeof keys, ("plan" | "when")[]>(true);
  const bound = researcher.with({ actor: "me" });
  same<typeof bound, typeof researcher>(true);
  const count = state.with({ correlationId: "run" }).get("count");
  same<typeof count, number | undefined>(true);

  // @ts-expect-error no such key in an agent's scope
  researcher.get("plann");
  // @ts-expect-error of the global scope, not of an agent's
  researcher.get("count");
  // @ts-expect-error not the type that the schema gives
  await researcher.set("plan", { step: "1" });
  // @ts-expect-error an update returns the key's type
  await researcher.update("plan", () => 5);
  // @ts-expect-error an update is synchronous
  await researcher.update("plan", async () => ({ step: 1 }));
  // A kind that the schema does not list takes anything.
  await (await state.user("u")).set("whatever", 1);
  // @ts-expect-error a schema has a version
  await StateManager.open({ schema: { scopes: {} } });
  // @ts-expect-error there is no such kind of scope
  await StateManager.open({ schema: { version: 1, scopes: { planet: {} } } });
  // @ts-expect-error the system's scopes have no schema of the user's
  await StateManager.open({ schema: { version: 1, scopes: { system: {} } } });
}

export function results(result: WriteResult): string | undefined {
  // @ts-expect-error only a commit has a revision
  void result.revision;
  switch (result.status) {
    case "committed":
      same<typeof result.revision, Revision>(true);
      return result.durability;
    case "buffered":
      // @ts-expect-error what is buffered survives nothing yet
      return result.durability;
    case "cancelled":
      return `${result.by}: ${result.reason}`;
    case "conflict":
      return result.current;
    default:
      same<typeof result, never>(true);
      return undefined;
  }
}

export function scopes(scope: StateScope): void {
  // @ts-expect-error nobody but keepstate makes the system's scopes
  const system: StateScope = { kind: "system", name: "agents" };
  // @ts-expect-error an id is needed
  const noId: StateScope = { kind: "agent" };
  // @ts-expect-error no such kind
  const planet: StateScope = { kind: "planet", id: "x" };
  // @ts-expect-error read-only
  globalScope().kind = "agent";
  // @ts-expect-error text is no revision until it is parsed
  const revision: Revision = "00000000000000000000000000";
  void [system, noId, planet, revision];
  if (scope.kind === "system") same<typeof scope, SystemScope>(true);
}

export function hooks(state: StateManager): void {
  state.hooks.on("before_state_change", { id: "a" }, (change, context) => {
    same<typeof change.operation, "set" | "delete" | "expire">(true);
    same<typeof change.hadOldValue, boolean>(true);
    // @ts-expect-error what a hook sees is not to be changed
    change.key = "x";
    void context.state.get(change.scope, change.key);
    return Math.random() > 2 ? cancel("no") : modify(1);
  });
  state.hooks.on("before_backup", { id: "b" }, (subject) => {
    same<typeof subject.facts, Readonly<Record<string, unknown>>>(true);
    // @ts-expect-error a backup is not about one key's old value being there
    void subject.hadOldValue;
  });
  state.hooks.on("before_state_change", { id: "c" }, async () => redirect(agent("x"), "k"));
  // @ts-expect-error a hook has an id
  state.hooks.on("before_state_change", {}, () => undefined);
  // @ts-expect-error a result is made by its function
  state.hooks.on("before_state_change", { id: "d" }, () => "cancel");
  // @ts-expect-error unknown options
  state.hooks.on("before_state_change", { id: "e", prio: 1 }, () => undefined);
  const custom: HookPoint = "before_send";
  state.hooks.on(custom, { id: "f" }, () => cancel("no"));
}

export function events(state: StateManager): void {
  state.events.on("state.changed", (event) => {
    same<typeof event.data.operation, "set" | "delete" | "expire">(true);
    same<typeof event.data.newValue, unknown>(true);
    // @ts-expect-error shared by all who hear of it
    event.data.key = "x";
  });
  state.events.on("state.change_cancelled", (event) => void event.data.by.length);
  state.events.on("agent_state.saved", (event) => void event.data.agent.length);
  state.events.on("my.event", (event) => same<typeof event, UniversalEvent>(true));
}

export function errors(error: unknown): void {
  if (isStateError(error, "conflict")) {
    same<typeof error.retryable, boolean>(true);
    // @ts-expect-error facts are read-only
    error.facts.key = "x";
  }
  // @ts-expect-error no such code
  isStateError(error, "confilct");
}
