/** What a page's surroundings offer, in memory: programs that live, are hidden and die, and what outlives them. */
import type { Lifecycle, PendingStore } from "../../src/adapter.ts";
import { Crash } from "../../src/testing.ts";

/** One run of a program. */
export interface Program {
  readonly lifecycle: Lifecycle;
  /** What the surroundings would wait for, if they did. */
  suspend(): Promise<void> | undefined;
  /** Nothing it does has an effect any more, and its names are free. */
  die(): void;
  /** It dies before its operation of that number on the pending store: 1 is the next one. */
  dieAt(operation: number): void;
  /** Operations on the pending store so far. */
  readonly operations: number;
  /** Callers of `onSuspend` that have not stopped. */
  readonly listeners: number;
}

export interface Surroundings {
  readonly entries: Map<string, string>;
  /** `onDeath` is told when it dies, by whatever. */
  program(onDeath?: () => void): Program;
  /** Texts longer than this in sum have no room. */
  limit: number;
}

export function surroundings({ locks = true } = {}): Surroundings {
  const entries = new Map<string, string>();
  const owners = new Map<string, Program>();
  let waiting: { readonly name: string; look(): void }[] = [];

  function free(program: Program, only?: string): void {
    for (const [name, owner] of owners) if (owner === program && (only ?? name) === name) owners.delete(name);
    for (const one of [...waiting]) one.look();
  }

  function program(onDeath?: () => void): Program {
    const listeners = new Set<() => Promise<void> | undefined>();
    let isDead = false;
    let operations = 0;
    let last = Number.POSITIVE_INFINITY;

    function act(): void {
      if (isDead) throw new Crash("The program is dead");
      operations++;
      if (operations < last) return;
      self.die();
      throw new Crash("The program died here, as planned");
    }

    const hold: PendingStore["hold"] = async (name, signal) => {
      if (isDead) throw new Crash("The program is dead");
      const give = () => {
        owners.set(name, self);
        return () => free(self, name);
      };
      if (!owners.has(name)) return give();
      if (signal === undefined) return undefined;
      return new Promise((resolve) => {
        const one = {
          name,
          look() {
            if (owners.has(name) || isDead) return;
            waiting = waiting.filter((other) => other !== one);
            resolve(give());
          },
        };
        waiting.push(one);
        signal.addEventListener("abort", () => {
          waiting = waiting.filter((other) => other !== one);
          resolve(undefined);
        });
      });
    };
    const pending: PendingStore = {
      read: () => (isDead ? [] : [...entries]),
      write(key, text) {
        act();
        let size = text.length - (entries.get(key)?.length ?? 0);
        for (const one of entries.values()) size += one.length;
        if (size > world.limit) throw new RangeError("no room");
        entries.set(key, text);
      },
      remove(key) {
        act();
        entries.delete(key);
      },
      ...(locks ? { hold } : {}),
    };
    const self: Program = {
      lifecycle: {
        onSuspend(flush) {
          listeners.add(flush);
          return () => listeners.delete(flush);
        },
        pending,
      },
      suspend() {
        const flushes = [...listeners].map((flush) => flush()).filter((flush) => flush !== undefined);
        return flushes.length === 0 ? undefined : Promise.all(flushes).then(() => undefined);
      },
      die() {
        isDead = true;
        free(self);
        onDeath?.();
      },
      dieAt(operation) {
        last = operations + operation;
      },
      get operations() {
        return operations;
      },
      get listeners() {
        return listeners.size;
      },
    };
    return self;
  }

  const world: Surroundings = { entries, program, limit: Number.POSITIVE_INFINITY };
  return world;
}
