/** keepstate through its public face. The one file that knows its API: a change of API is mended here. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as Filesystem from "../../adapters/filesystem/index.ts";
import type * as Core from "../../src/index.ts";
import type { Value } from "../values.ts";
import type { Opened, Subject } from "./subject.ts";

type State = Awaited<ReturnType<typeof Core.StateManager.open>>;

/** What users install is measured, not the sources. Another build can be named, to compare two. */
const DIST = process.env["KEEPSTATE_DIST"] ?? fileURLToPath(new URL("../../dist/", import.meta.url));
const CORE = join(DIST, "index.js");
const FILESYSTEM = join(DIST, "adapters/filesystem.js");

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
  imports: [CORE, FILESYSTEM],
  open: openKeepstate,
};

export function keepstateIsBuilt(): boolean {
  return existsSync(CORE) && existsSync(FILESYSTEM);
}

export async function openKeepstate(dir: string): Promise<OpenedKeepstate> {
  const { StateManager }: typeof Core = await import(CORE);
  const { filesystem }: typeof Filesystem = await import(FILESYSTEM);
  return withState(await StateManager.open({ storage: filesystem({ path: join(dir, "keepstate") }) }));
}

export async function openKeepstateInMemory(): Promise<OpenedKeepstate> {
  const { StateManager }: typeof Core = await import(CORE);
  return withState(await StateManager.inMemory());
}

async function withState(state: State): Promise<OpenedKeepstate> {
  const { agent, proceed }: typeof Core = await import(CORE);
  const scope = agent("bench");
  const handle = await state.agent("bench");
  // Only values of the benchmark are ever stored.
  const get = (key: string) => handle.get(key) as Value | undefined;

  return {
    set: (key, value) => handle.set(key, value),
    async setMany(list) {
      const { status } = await state.batch((tx) => {
        for (const [key, value] of list) tx.set(scope, key, value);
      });
      if (status !== "committed") throw new TypeError(`The batch ended as ${status}`);
    },
    get,
    // The handle is all that a program needs to keep.
    load: async () => ({ count: handle.entries().length, hold: handle }),
    close: () => state.close(),
    revision: () => state.headRevision,
    addHook(id, check) {
      state.hooks.on("before_state_change", { id, replayable: true }, (change) => {
        check(change.key, change.value);
        return proceed();
      });
    },
    async readEvents(from, count) {
      let read = 0;
      for await (const { revision } of state.events.since(from)) {
        if (revision === undefined) throw new TypeError("An event tells of no commit");
        if (++read === count) break;
      }
      return read;
    },
  };
}
