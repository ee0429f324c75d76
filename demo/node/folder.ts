import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./arguments.ts";

/** Says that this folder is the demo's, so that nothing else is ever deleted or written into. */
const MARKER = "KEEPSTATE-DEMO.txt";
const STORE = "store";
const PLANTED = "documents";

export interface StateFolder {
  readonly path: string;
  /** The directory of the store. */
  readonly store: string;
  /** Where the demo puts the documents it makes up. */
  readonly planted: string;
}

function stateFolder(path: string): StateFolder {
  return { path, store: join(path, STORE), planted: join(path, PLANTED) };
}

/** Makes the folder, or takes it if it is the demo's or empty. `fresh` forgets what it holds. */
export async function prepareFolder(path: string, fresh: boolean): Promise<StateFolder> {
  const folder = stateFolder(path);
  const entries = await list(path);
  if (entries.length > 0 && !entries.includes(MARKER)) {
    throw new UsageError(`--state: ${path} is not empty and was not made by this demo; name another folder`);
  }
  if (fresh)
    await Promise.all([folder.store, folder.planted].map((at) => rm(at, { recursive: true, force: true })));
  if (entries.length === 0) {
    await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => refuse(path, error));
    await writeFile(join(path, MARKER), "The state of the keepstate demo. It can be deleted.\n");
  }
  return folder;
}

/** Throws `UsageError` where no agent has ever run. */
export async function existingFolder(path: string): Promise<StateFolder> {
  const entries = await list(path);
  if (!entries.includes(STORE)) {
    throw new UsageError(`there is no state in ${path} yet; "npm run demo" makes some`);
  }
  return stateFolder(path);
}

/** What the folder holds; nothing where it is not there. */
async function list(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? [] : refuse(path, error);
  }
}

function refuse(path: string, error: unknown): never {
  const why = error instanceof Error ? error.message.replace(/,.*$/, "") : String(error);
  throw new UsageError(`--state: ${path} cannot be used as a folder (${why})`);
}
