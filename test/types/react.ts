/** Compiled, never run: what the types of the React hooks promise, and what must not compile. */
import { z } from "zod";
import { agent, globalScope, type Handle, StateManager, type StateScope, user } from "../../src/index.ts";
import { useEntries, useScope, useStateValue, useStatus } from "../../src/react.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => undefined;

const schema = {
  version: 1,
  scopes: {
    global: { count: z.number() },
    agent: { plan: z.object({ step: z.number() }), when: z.date() },
  },
} as const;
const state = await StateManager.open({ schema });
const untyped = await StateManager.open();

export function useTyped(): void {
  const result = useScope(state, agent("r"));
  if (result.status === "ready") same<typeof result.handle, Awaited<ReturnType<typeof state.agent>>>(true);
  if (result.status === "failed") result.retry();
  // @ts-expect-error only a scope that failed can be tried again
  result.retry();
  // @ts-expect-error it may still be loading
  result.handle.get("plan");
  const { handle, status, error } = result;
  same<typeof status, "loading" | "ready" | "failed">(true);
  same<typeof error, unknown>(true);

  const plan = useStateValue(handle, "plan");
  same<typeof plan, { step: number } | undefined>(true);
  const when = useStateValue(handle, "when");
  same<typeof when, Date | undefined>(true);
  const step = useStateValue(handle, "plan", (value) => value?.step ?? 0);
  same<typeof step, number>(true);
  const count = useStateValue(state, "count");
  same<typeof count, number | undefined>(true);
  const bound = useStateValue(state.with({ actor: "me" }), "count");
  same<typeof bound, number | undefined>(true);
  const pairs = useEntries(handle);
  for (const pair of pairs) {
    same<typeof pair, readonly ["plan", { step: number }] | readonly ["when", Date]>(true);
    if (pair[0] === "plan") pair[1].step.toFixed();
  }
  // @ts-expect-error no such key in an agent's scope
  useStateValue(handle, "plann");
  // @ts-expect-error of the global scope, not of an agent's
  useStateValue(handle, "count");
  // @ts-expect-error of an agent's scope, not of the global one
  useStateValue(state, "plan");
  // @ts-expect-error the value has no such field
  useStateValue(handle, "plan", (value) => value?.stepp);
  // @ts-expect-error the entries are not to be changed
  pairs.push(["plan", { step: 1 }]);
  // @ts-expect-error there may be no entry
  useStateValue(handle, "plan").step;
  // @ts-expect-error hooks read a handle or a store, not a scope
  useStateValue(agent("r"), "plan");
}

export function useUntyped(handle: Handle, scope: StateScope): void {
  const value = useStateValue(handle, "anything");
  same<typeof value, unknown>(true);
  const pairs = useEntries(untyped);
  same<(typeof pairs)[number], readonly [string, unknown]>(true);
  const any = useScope(untyped, scope).handle;
  void useStateValue(any, "whatever");
  // A kind of scope that the schema does not list takes anything.
  same<unknown, ReturnType<typeof useStateValue<Awaited<ReturnType<typeof state.user>>, "x">>>(true);
  void useScope(state, user("u")).handle?.get("whatever");
  // @ts-expect-error a key is a string
  useStateValue(handle, 5);
}

export function useStillToCome(opening: typeof state | undefined, id: string | undefined): void {
  const { handle } = useScope(opening, id === undefined ? undefined : agent(id));
  same<typeof handle, Awaited<ReturnType<typeof state.agent>> | undefined>(true);
  void useScope(opening, globalScope()).handle?.get("count");
  void useStateValue(opening, "count");
  const { dirty, lastDurableAt, error } = useStatus(opening);
  same<typeof dirty, boolean>(true);
  same<typeof lastDurableAt, number | undefined>(true);
  same<typeof error, unknown>(true);
  // @ts-expect-error a scope, not its text
  useScope(opening, "agent:r");
  // @ts-expect-error a store tells how it is, a handle does not
  useStatus(handle);
}
