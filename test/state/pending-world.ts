/** Programs that open one store, end suddenly, and what they leave in the pending journal. */
import type {
  PersistenceOptions,
  StateManager,
  StateManagerOptions,
  UniversalEvent,
} from "../../src/index.ts";
import { type DegradedBackend, degraded, profile } from "../../src/testing.ts";
import { type Program, type Surroundings, surroundings } from "./program.ts";
import { open } from "./world.ts";

/** Nothing is flushed unless the test says so. */
export const buffered: PersistenceOptions = { mode: "buffered", flushIntervalMs: 600_000, batchSize: 10_000 };
const { capabilities } = profile("strong");

export interface Life {
  readonly state: StateManager;
  readonly program: Program;
}

export interface Origin {
  readonly backend: DegradedBackend;
  readonly around: Surroundings;
  /** A program that opens the store. */
  live(options?: StateManagerOptions): Promise<Life>;
  /** The page goes away: what is on its way to the store is stopped before it lands, unless it has landed. */
  kill(life: Life): void;
}

const over: (() => Promise<unknown>)[] = [];

/** Ends all programs, also those that stand still. For `afterEach`. */
export async function endAll(): Promise<void> {
  for (const end of over.splice(0)) await end();
}

export function origin(options: { locks?: boolean } = {}): Origin {
  const backend = degraded({ capabilities });
  const around = surroundings(options);
  return {
    backend,
    around,
    async live(more = {}) {
      const program = around.program();
      const state = await open({
        storage: backend.adapter(),
        persistence: buffered,
        ...more,
        ports: { lifecycle: program.lifecycle, ...more.ports },
      });
      over.push(() => state.close().catch((error: unknown) => error));
      return { state, program };
    },
    kill(life) {
      life.program.die();
      backend.crash();
    },
  };
}

/** Hides the page and kills it in the same turn: nothing that must be awaited happens. */
export function vanish(at: Origin, life: Life): void {
  void life.program.suspend();
  at.kill(life);
}

/** Hides the page and kills it before its flush lands; others go on. */
export async function stall(at: Origin, life: Life): Promise<void> {
  const { reached, thaw } = at.backend.freeze(at.backend.effects + 1);
  over.unshift(async () => thaw());
  void life.program.suspend();
  await reached;
  life.program.die();
}

/** All changes in the journal. Every commit has one. */
export async function* untilHead(state: StateManager): AsyncGenerator<UniversalEvent> {
  for await (const event of state.events.since()) {
    yield event;
    if (event.revision === state.headRevision) return;
  }
}

export const data = (events: readonly { readonly data: unknown }[]) => events.map((event) => event.data);
