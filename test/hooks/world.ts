import { custom } from "../../src/ground/scope.ts";
import type { StateChange, ValueText } from "../../src/hooks/hook.ts";
import type { HookCall, HookEnv, HookFailure } from "../../src/hooks/port.ts";
import { hookRegistry } from "../../src/hooks/registry.ts";
import { type Aftermath, type Decision, runAfter, runBefore } from "../../src/hooks/run.ts";

/** A store's surroundings for hooks, with a clock that only moves when told to. */
export function hookWorld() {
  const registry = hookRegistry();
  const failures: HookFailure[] = [];
  const opened: string[] = [];
  let now = 0;
  let ids = 0;
  let timers: { at: number; fire: () => void }[] = [];
  let timersMade = 0;

  const env: HookEnv = {
    clock: { now: () => 1_000_000 + now, elapsed: () => now },
    values: { admit: (value) => value, present: (value) => value, encode: jsonText },
    timer(ms, fire) {
      timersMade += 1;
      const timer = { at: now + ms, fire };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    id: () => `run-${++ids}`,
    onFailure: (failure) => void failures.push(failure),
    onBreakerOpened: ({ hook }) => void opened.push(hook),
  };

  async function settleMicrotasks(): Promise<void> {
    for (let i = 0; i < 50; i++) await null;
  }

  return {
    registry,
    env,
    failures,
    opened,
    timers: () => timers.length,
    timersMade: () => timersMade,
    settleMicrotasks,
    /** Moves the clock, fires what is due, and lets promises go on in between. */
    async advance(ms: number): Promise<void> {
      await settleMicrotasks();
      const end = now + ms;
      for (let round = 0; round < 1000; round++) {
        const [due] = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
        if (due === undefined) break;
        now = Math.max(now, due.at);
        timers = timers.filter((timer) => timer !== due);
        due.fire();
        await settleMicrotasks();
      }
      now = end;
    },
    decide(
      change: Partial<StateChange> = {},
      call: Partial<HookCall> = {},
      world: HookEnv = env,
    ): Promise<Decision> {
      return runBefore(registry.at("before_state_change"), changeOf(change), { ...CALL, ...call }, world);
    },
    conclude(
      change: Partial<StateChange> = {},
      call: Partial<HookCall> = {},
      world: HookEnv = env,
    ): Promise<Aftermath> {
      return runAfter(registry.at("after_state_change"), changeOf(change), { ...CALL, ...call }, world);
    },
  };
}

const CALL: HookCall = { correlation: { correlationId: "c-1" } };

function changeOf(change: Partial<StateChange> = {}): StateChange {
  return {
    operation: "set",
    scope: custom("s"),
    scopeText: "custom:s",
    key: "k",
    value: 1,
    oldValue: undefined,
    hadOldValue: false,
    ...change,
  };
}

function jsonText(value: unknown): ValueText | undefined {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : { format: 0, text, parts: [] };
}
