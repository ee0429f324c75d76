/** What runs in workerd: an object for each sample, one subject, one task. The driver in workerd.ts calls it over HTTP. */

import { DurableObject } from "cloudflare:workers";
import { agent, StateManager } from "keepstate";
import { durableObject } from "keepstate/adapters/durable-object";
import { type Entry, entries, type Value } from "../values.ts";

interface Sql {
  exec(query: string, ...bindings: unknown[]): { toArray(): unknown[]; rowsWritten: number };
}
interface Storage {
  readonly sql: Sql;
  put(key: string, value: unknown): Promise<void>;
  list(): Promise<Map<string, unknown>>;
}

interface Opened {
  set(key: string, value: Value): Promise<unknown> | undefined;
  /** Brings everything into memory, so that every value can be had at once, and says how many there are. */
  load(): Promise<number> | number;
  /** After the last set; what is gathered goes out. */
  settle?(): Promise<unknown>;
}

type Open = (storage: Storage) => Promise<Opened> | Opened;

const SUBJECTS: Readonly<Record<string, Open>> = {
  "sql row": ({ sql }) => {
    sql.exec("CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID");
    return {
      set: (key, value) =>
        void sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?)", key, JSON.stringify(value)),
      load: () => parsed(sql.exec("SELECT key, value FROM rows").toArray()),
    } as Opened;
  },
  "sql row and history row": ({ sql }) => {
    sql.exec("CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID");
    sql.exec("CREATE TABLE IF NOT EXISTS history (id INTEGER PRIMARY KEY, key TEXT, value TEXT)");
    return {
      set: (key, value) => {
        const text = JSON.stringify(value);
        sql.exec("INSERT OR REPLACE INTO rows VALUES (?, ?)", key, text);
        sql.exec("INSERT INTO history (key, value) VALUES (?, ?)", key, text);
      },
      load: () => parsed(sql.exec("SELECT key, value FROM rows").toArray()),
    } as Opened;
  },
  "sql segment log": ({ sql }) => {
    sql.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, value BLOB)");
    let lines: string[] = [];
    let next: Promise<void> | undefined;
    const flush = () => {
      sql.exec("INSERT INTO log (value) VALUES (?)", new TextEncoder().encode(lines.join("\n")));
      lines = [];
      next = undefined;
    };
    return {
      // A promise of its own for each caller, as whoever awaits a group commit has.
      async set(key, value) {
        lines.push(JSON.stringify({ k: key, v: value }));
        next ??= Promise.resolve().then(flush);
        await next;
      },
      load() {
        const map = new Map<string, Value>();
        for (const row of sql.exec("SELECT value FROM log ORDER BY id").toArray()) {
          const { value } = row as { value: ArrayBuffer };
          for (const line of new TextDecoder().decode(value).split("\n")) {
            const { k, v }: { k: string; v: Value } = JSON.parse(line);
            map.set(k, v);
          }
        }
        return map.size;
      },
    };
  },
  "storage.put and list": (storage) => ({
    set: (key, value) => storage.put(key, value),
    load: async () => (await storage.list()).size,
  }),
  keepstate,
  "keepstate, every value read": async (storage) => {
    const opened = await keepstate(storage);
    return { ...opened, load: () => opened.handle.entries().length };
  },
};

async function keepstate(storage: Storage) {
  const state = await StateManager.open({ storage: durableObject(storage as never) });
  const handle = await state.scope(agent("bench"));
  return {
    handle,
    set: (key: string, value: Value) => handle.set(key, value),
    load: () => handle.size,
    // What an object does by itself while it is awake; a restart then reads blocks.
    settle: () => state.checkpoint(),
  };
}

function parsed(rows: readonly unknown[]): number {
  const map = new Map<string, Value>();
  for (const row of rows) {
    const { key, value } = row as { key: string; value: string };
    map.set(key, JSON.parse(value));
  }
  return map.size;
}

export class Bench extends DurableObject {
  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const text = (name: string) => searchParams.get(name) ?? "";
    const list = entries(Number(text("count")));
    const open = SUBJECTS[text("subject")];
    if (open === undefined) return new Response("no such subject", { status: 404 });
    const storage: Storage = this.ctx.storage;
    const kind = text("kind");
    const start = performance.now();
    const store = await open(storage);
    if (kind === "load") {
      const count = await store.load();
      return Response.json({ count, ms: performance.now() - start });
    }
    const begun = performance.now();
    await (kind === "together" ? together(store, list) : sequential(store, list));
    const ms = performance.now() - begun;
    if (kind === "fill") await store.settle?.();
    return Response.json({ count: list.length, ms });
  }
}

async function sequential(store: Opened, list: readonly Entry[]): Promise<void> {
  for (const [key, value] of list) await store.set(key, value);
}

async function together(store: Opened, list: readonly Entry[]): Promise<void> {
  await Promise.all(list.map(([key, value]) => store.set(key, value)));
}

export default {
  fetch(request: Request, env: { BENCH: DurableObjectNamespace }): Promise<Response> {
    const name = new URL(request.url).searchParams.get("object") ?? "";
    return env.BENCH.get(env.BENCH.idFromName(name)).fetch(request);
  },
};
