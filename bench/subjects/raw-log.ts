/** The raw limit of a log: newline JSON, append and fdatasync through the thread pool, gathered while a sync runs. */

import { close, fdatasync, open, write } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Entry, Value } from "../values.ts";
import { held, type Opened, type Subject } from "./subject.ts";

const openFile = promisify(open);
const writeFile = promisify(write);
const syncFile = promisify(fdatasync);
const closeFile = promisify(close);

export const rawLog: Subject = {
  name: "raw append + fdatasync",
  durable: true,
  history: false,
  note: "newline JSON; what arrives while a sync runs goes into one append and one sync; no index, no checks",
  open: openLog,
};

async function openLog(dir: string): Promise<Opened> {
  const path = join(dir, "raw.log");
  const file = await openFile(path, "a");
  let lines: string[] = [];
  let next: Promise<void> | undefined;
  let last = Promise.resolve();
  let map: Map<string, Value> | undefined;

  async function flush(): Promise<void> {
    const bytes = Buffer.from(lines.join(""));
    lines = [];
    next = undefined;
    await writeFile(file, bytes, 0, bytes.length, null);
    await syncFile(file);
  }

  function add(key: string, value: Value): Promise<void> {
    lines.push(`${JSON.stringify({ k: key, v: value })}\n`);
    if (next === undefined) {
      next = last.then(flush);
      last = next;
    }
    return next;
  }

  /** A promise of its own for each caller, as whoever awaits a group commit has. */
  async function set(key: string, value: Value): Promise<void> {
    await add(key, value);
  }

  async function read(): Promise<Map<string, Value>> {
    const found = new Map<string, Value>();
    const text = await readFile(path, "utf8");
    for (let from = 0; from < text.length; ) {
      const to = text.indexOf("\n", from);
      const line: { k: string; v: Value } = JSON.parse(text.slice(from, to));
      found.set(line.k, line.v);
      from = to + 1;
    }
    return found;
  }

  return {
    set,
    async setMany(list: readonly Entry[]) {
      for (const [key, value] of list) void add(key, value);
      await last;
    },
    get: (key) => map?.get(key),
    async load() {
      map = await read();
      return held(map);
    },
    async changes() {
      const text = await readFile(path, "utf8");
      let count = 0;
      for (let from = 0; from < text.length; count++) {
        const to = text.indexOf("\n", from);
        if (JSON.parse(text.slice(from, to)) === null) throw new TypeError(`Line ${count} holds no change`);
        from = to + 1;
      }
      return count;
    },
    async close() {
      await last;
      await closeFile(file);
    },
  };
}
