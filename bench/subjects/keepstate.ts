/** keepstate through its public face. The one file that knows its API: a change of API is mended here. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Value } from "../values.ts";
import { held, type Opened, type Subject } from "./subject.ts";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** The parts of the public face that are measured. */
interface Handle {
  set(key: string, value: Value): Promise<{ status: string }>;
  get(key: string): Value | undefined;
  entries(): Iterable<readonly [string, Value]>;
}
interface Transaction {
  set(scope: unknown, key: string, value: Value): void;
}
type Hook = (change: { key: string; value: unknown }) => unknown;
interface State {
  readonly revision: string;
  readonly hooks: { on(point: string, options: { id: string; replayable: boolean }, hook: Hook): unknown };
  readonly events: { subscribe(options: { pattern: string; from: string }): AsyncIterable<unknown> };
  scope(scope: unknown): Promise<Handle>;
  batch(body: (tx: Transaction) => void): Promise<{ status: string }>;
  close(): Promise<void>;
}
interface Core {
  StateManager: { open(options: { storage: unknown }): Promise<State> };
  agent(id: string): unknown;
  proceed(): unknown;
}
interface Adapters {
  filesystem: { filesystem(options: { path: string }): unknown };
  memory: { memory(): unknown };
}

export interface OpenedKeepstate extends Opened {
  /** The last committed revision. */
  revision(): string;
  /** Adds a before hook whose runs are recorded; `check` is its work. */
  addHook(id: string, check: (key: string, value: unknown) => void): void;
  /** Reads `count` events of committed changes that follow `from`. */
  readEvents(from: string, count: number): Promise<number>;
}

export const keepstate: Subject = {
  name: "keepstate",
  durable: true,
  history: true,
  note: "filesystem adapter, every option at its default: journal and history on, values checked and frozen",
  imports: [join(DIST, "index.js"), join(DIST, "adapters/filesystem.js")],
  open: openKeepstate,
};

export function keepstateIsBuilt(): boolean {
  return existsSync(join(DIST, "index.js")) && existsSync(join(DIST, "adapters/filesystem.js"));
}

export async function openKeepstate(dir: string): Promise<OpenedKeepstate> {
  const { filesystem }: Adapters["filesystem"] = await import(join(DIST, "adapters/filesystem.js"));
  return openOn(filesystem({ path: join(dir, "keepstate") }));
}

export async function openKeepstateInMemory(): Promise<OpenedKeepstate> {
  const { memory }: Adapters["memory"] = await import(join(DIST, "adapters/memory.js"));
  return openOn(memory());
}

async function openOn(storage: unknown): Promise<OpenedKeepstate> {
  const core: Core = await import(join(DIST, "index.js"));
  const state = await core.StateManager.open({ storage });
  const scope = core.agent("bench");
  const handle = await state.scope(scope);

  return {
    set: (key, value) => handle.set(key, value),
    async setMany(list) {
      const { status } = await state.batch((tx) => {
        for (const [key, value] of list) tx.set(scope, key, value);
      });
      if (status !== "committed") throw new TypeError(`The batch ended as ${status}`);
    },
    get: (key) => handle.get(key),
    load: async () => held(new Map(handle.entries())),
    close: () => state.close(),
    revision: () => state.revision,
    addHook(id, check) {
      state.hooks.on("before_state_change", { id, replayable: true }, (change) => {
        check(change.key, change.value);
        return core.proceed();
      });
    },
    async readEvents(from, count) {
      let read = 0;
      for await (const _event of state.events.subscribe({ pattern: "state.changed", from })) {
        if (++read === count) break;
      }
      return read;
    },
  };
}
