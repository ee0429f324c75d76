/** LangGraph's SqliteSaver: a set is a checkpoint that holds every value of its thread. */

import { join } from "node:path";
import type { Value } from "../values.ts";
import { peer } from "./peer.ts";
import { held, type Opened, type Subject } from "./subject.ts";

interface Checkpoint {
  v: number;
  id: string;
  ts: string;
  channel_values: Record<string, unknown>;
  channel_versions: Record<string, number>;
  versions_seen: Record<string, Record<string, number>>;
}
interface Config {
  configurable: { thread_id: string; checkpoint_ns: string; checkpoint_id?: string };
}
interface Saver {
  readonly db: { close(): void };
  put(config: Config, checkpoint: Checkpoint, metadata: object): Promise<Config>;
  getTuple(config: Config): Promise<{ checkpoint: Checkpoint } | undefined>;
}
interface Modules {
  saver: { SqliteSaver: { fromConnString(path: string): Saver } };
  checkpoint: { emptyCheckpoint(): Checkpoint; uuid6(clock: number): string };
}

export const langgraph: Subject = {
  name: "LangGraph SqliteSaver",
  durable: false,
  history: true,
  note: "WAL, synchronous NORMAL as it comes; a thread for each key, the cheapest way to use it",
  imports: ["@langchain/langgraph-checkpoint-sqlite", "@langchain/langgraph-checkpoint"],
  open: (dir) => openSaver(dir, (key) => key),
};

export const langgraphOneThread: Subject = {
  name: "LangGraph SqliteSaver, one thread",
  durable: false,
  history: true,
  note: "the same with all keys in one thread, as an agent's state is; a set writes them all",
  imports: ["@langchain/langgraph-checkpoint-sqlite", "@langchain/langgraph-checkpoint"],
  open: (dir) => openSaver(dir, () => "agent"),
};

async function openSaver(dir: string, threadOf: (key: string) => string): Promise<Opened> {
  const { SqliteSaver } = await peer<Modules["saver"]>("@langchain/langgraph-checkpoint-sqlite");
  const { emptyCheckpoint, uuid6 } = await peer<Modules["checkpoint"]>("@langchain/langgraph-checkpoint");
  const saver = SqliteSaver.fromConnString(join(dir, "langgraph.db"));
  const threads = new Map<string, { config: Config; values: Record<string, unknown> }>();
  let clock = 0;

  function thread(id: string) {
    let found = threads.get(id);
    if (found === undefined) {
      found = { config: { configurable: { thread_id: id, checkpoint_ns: "" } }, values: {} };
      threads.set(id, found);
    }
    return found;
  }
  async function put(id: string): Promise<void> {
    const { config, values } = thread(id);
    const checkpoint = { ...emptyCheckpoint(), id: uuid6(clock++), channel_values: values };
    const stored = await saver.put(config, checkpoint, { source: "update", step: clock, parents: {} });
    config.configurable = stored.configurable;
  }
  async function read(id: string): Promise<Record<string, Value>> {
    const tuple = await saver.getTuple({ configurable: { thread_id: id, checkpoint_ns: "" } });
    return (tuple?.checkpoint.channel_values ?? {}) as Record<string, Value>;
  }

  return {
    set(key, value) {
      const id = threadOf(key);
      thread(id).values[key] = value;
      return put(id);
    },
    async setMany(list) {
      const touched = new Set<string>();
      for (const [key, value] of list) {
        thread(threadOf(key)).values[key] = value;
        touched.add(threadOf(key));
      }
      await Promise.all([...touched].map(put));
    },
    get: async (key) => (await read(threadOf(key)))[key],
    load: async () => held(new Map(Object.entries(await read(threadOf(""))))),
    close: async () => saver.db.close(),
  };
}
