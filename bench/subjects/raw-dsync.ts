/** The raw limit of one durable write: positioned, `O_DSYNC`, into a file that was filled with zeros before. */

import { close, constants, open, write } from "node:fs";
import { open as openHandle } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Value } from "../values.ts";
import type { Opened, Subject } from "./subject.ts";

const openFile = promisify(open);
const writeFile = promisify(write);
const closeFile = promisify(close);

const PREALLOCATED_BYTES = 8 * 1024 * 1024;

export const rawDsync: Subject = {
  name: "raw O_DSYNC write",
  durable: true,
  history: false,
  note: "positioned write into a preallocated, zeroed log; cannot be read back by key",
  open: openPreallocated,
};

async function openPreallocated(dir: string): Promise<Opened> {
  const path = join(dir, "raw.dsync");
  const fresh = await openHandle(path, "w");
  await fresh.write(Buffer.alloc(PREALLOCATED_BYTES));
  await fresh.sync();
  await fresh.close();
  const file = await openFile(path, constants.O_WRONLY | constants.O_DSYNC);
  let position = 0;

  async function append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const at = position + bytes.length > PREALLOCATED_BYTES ? 0 : position;
    position = at + bytes.length;
    await writeFile(file, bytes, 0, bytes.length, at);
  }
  const line = (key: string, value: Value) => `${JSON.stringify({ k: key, v: value })}\n`;

  return {
    set: (key, value) => append(line(key, value)),
    setMany: (list) => append(list.map(([key, value]) => line(key, value)).join("")),
    get: () => undefined,
    load: async () => ({ count: 0, hold: undefined }),
    close: () => closeFile(file),
  };
}
