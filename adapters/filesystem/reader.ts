/**
 * A store opened read-only: it follows a living writer, takes no lock and touches nothing. Where there is no store,
 * nor even a directory, it is empty and becomes the one that a writer makes there.
 */
import { join } from "node:path";
import { StateError, type Store } from "../../src/adapter.ts";
import type { Files } from "./files.ts";
import { hold } from "./held.ts";
import { loadLog } from "./load.ts";
import { type LogState, readLog } from "./recover.ts";
import { createTable } from "./table.ts";
import { CAPABILITIES, readKeys, scanRange, type View } from "./view.ts";

export async function openReader(files: Files, directory: string): Promise<Store> {
  const path = join(directory, "log");
  const nothing: View = { table: createTable(), held: undefined, doubt: undefined };
  let view = nothing;
  let state: LogState | undefined;
  let identity: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function reload(): Promise<void> {
    const loaded = await loadLog(files, directory, "reader");
    const old = view.held;
    if (loaded === undefined) {
      view = nothing;
      identity = undefined;
      state = undefined;
    } else {
      identity = (await loaded.file.stat()).identity;
      state = loaded.state;
      view = { table: loaded.table, held: hold(loaded.file, path), doubt: state.doubt };
    }
    // Reads that began in the old file end there first.
    if (old !== undefined) await old.retire();
  }

  async function refresh(): Promise<void> {
    const now = await files.stat(path);
    if (now?.identity !== identity) return reload();
    const { held, table } = view;
    if (held === undefined || state === undefined) return;
    const before = state;
    state = await held.use((file) => readLog({ file, path }, table, before, "refresh"));
    view = { table, held, doubt: state.doubt };
  }

  /** What the writer had proven when this was called. */
  async function look(): Promise<View> {
    if (closed)
      throw new StateError("closed", `The store at ${directory} was closed.`, { adapter: "filesystem" });
    const turn = queue.then(refresh);
    queue = turn.catch(() => undefined);
    await turn;
    return view;
  }

  await reload();
  return {
    capabilities: CAPABILITIES,
    async get(keys, signal) {
      signal?.throwIfAborted();
      return readKeys(await look(), keys);
    },
    scan: (range, options) => scanRange(look, range, options),
    async commit() {
      throw new StateError("read_only", `The store at ${directory} was opened read-only.`, {
        adapter: "filesystem",
      });
    },
    async close() {
      closed = true;
      await queue;
      await view.held?.retire();
    },
  };
}
