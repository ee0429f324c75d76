/**
 * Every call to the disk that this adapter makes, so that tests can put a disk that fails or loses power in its place.
 * Callback `fs` is used because a commit is one call, and a FileHandle promise costs more than the call.
 */
import * as fs from "node:fs";
import { setTimeout } from "node:timers";
import { StateError } from "../../src/adapter.ts";

/** An open file. Positions and sizes are bytes from its start. */
export interface File {
  /** Its name in messages. Whoever renames the file sets it. */
  path: string;
  /** Fills `into`; the result is smaller than `into` only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes`. Survives a power cut only after a sync. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Writes all of `bytes` and resolves when the disk has them. Absent where the platform cannot do both in one call. */
  readonly writeThrough?: (bytes: Uint8Array, position: number) => Promise<void>;
  /** Resolves when the disk has the bytes and the size. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  stat(): Promise<FileFacts>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly size: number;
  /** Tells this file from another that took its name. */
  readonly identity: string;
}

export interface Files {
  /** `create` empties what is there. */
  open(path: string, mode: "read" | "write" | "create"): Promise<File>;
  /** `undefined` when there is no such file. */
  stat(path: string): Promise<FileFacts | undefined>;
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** Creates the file with this content, synced, or answers `false` because the name is taken. */
  createExclusive(path: string, content: Uint8Array): Promise<boolean>;
  /** A second name for a file, or `false` because the name is taken. */
  link(from: string, to: string): Promise<boolean>;
  rename(from: string, to: string): Promise<void>;
  /** Removing what is not there is no failure. */
  remove(path: string): Promise<void>;
  list(directory: string): Promise<readonly string[] | undefined>;
  /** Makes the directory with its parents; the result is the topmost one that was made. */
  makeDirectory(path: string): Promise<string | undefined>;
  /** Makes names in it durable. Nothing is done on Windows, where a directory cannot be synced. */
  syncDirectory(path: string): Promise<void>;
}

/** The system's name for a failure, such as `ENOSPC`. */
export function systemCode(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

type Done<T> = (error: NodeJS.ErrnoException | null, result: T) => void;

/** Failures of calls on a descriptor do not say which file it was; they are told here. */
function named(error: NodeJS.ErrnoException, path: string): NodeJS.ErrnoException {
  if (error.path === undefined) {
    error.path = path;
    error.message += ` '${path}'`;
  }
  return error;
}

function call<T>(path: string, start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error ? reject(named(error, path)) : resolve(result)));
  });
}

function attempt(
  path: string,
  start: (done: (error: NodeJS.ErrnoException | null) => void) => void,
): Promise<void> {
  return call<void>(path, (done) => start((error) => done(error, undefined)));
}

/** The result of a call, or `otherwise` where it failed with this code. */
async function unless<T, O>(code: string, otherwise: O, result: Promise<T>): Promise<T | O> {
  try {
    return await result;
  } catch (error) {
    if (systemCode(error) === code) return otherwise;
    throw error;
  }
}

function writeAll(fd: number, path: string, bytes: Uint8Array, position: number): Promise<void> {
  return attempt(path, (done) => {
    const step = (from: number): void =>
      fs.write(fd, bytes, from, bytes.length - from, position + from, (error, written) => {
        if (error !== null || from + written >= bytes.length) done(error);
        else step(from + written);
      });
    step(0);
  });
}

async function readAll(fd: number, path: string, into: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const from = filled;
    const count = await call<number>(path, (done) =>
      fs.read(fd, into, from, into.length - from, position + from, done),
    );
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

function facts(stats: fs.BigIntStats): FileFacts {
  return { size: Number(stats.size), identity: `${stats.dev}:${stats.ino}` };
}

/**
 * A second descriptor whose writes return when the disk has them. Only Linux says whether the flag was taken; a
 * runtime that drops it, or numbers its descriptors in a way of its own, must not turn commits into hopes.
 */
async function openThrough(path: string): Promise<number | undefined> {
  const flag: number | undefined = fs.constants.O_DSYNC;
  if (process.platform !== "linux" || flag === undefined) return undefined;
  const fd = await call<number>(path, (done) => fs.open(path, fs.constants.O_WRONLY | flag, done));
  const [target, ours, status] = await Promise.all([
    unless(
      "ENOENT",
      "",
      call<string>(path, (done) => fs.readlink(`/proc/self/fd/${fd}`, done)),
    ),
    call<string>(path, (done) => fs.realpath(path, done)),
    unless(
      "ENOENT",
      "",
      call<string>(path, (done) => fs.readFile(`/proc/self/fdinfo/${fd}`, "utf8", done)),
    ),
  ]);
  const flags = Number.parseInt(/^flags:\s*([0-7]+)$/m.exec(status)?.[1] ?? "0", 8);
  if (target === ours && (flags & flag) === flag) return fd;
  await attempt(path, (done) => fs.close(fd, done));
  return undefined;
}

const FLAGS = { read: "r", write: "r+", create: "w+" } as const;

async function openFile(path: string, mode: "read" | "write" | "create"): Promise<File> {
  const fd = await call<number>(path, (done) => fs.open(path, FLAGS[mode], done));
  const through = mode === "read" ? undefined : await openThrough(path);
  let isOpen = true;
  /** A descriptor that was closed may be another file's by now, so nothing late may reach it. */
  const live = (descriptor: number): number => {
    if (isOpen) return descriptor;
    throw new StateError("closed", `${file.path} was closed`, { adapter: "filesystem", file: file.path });
  };
  const file: File = {
    path,
    read: (into, position) => readAll(live(fd), file.path, into, position),
    write: (bytes, position) => writeAll(live(fd), file.path, bytes, position),
    ...(through !== undefined && {
      writeThrough: (bytes: Uint8Array, position: number) =>
        writeAll(live(through), file.path, bytes, position),
    }),
    sync: () => attempt(file.path, (done) => fs.fsync(live(fd), done)),
    truncate: (size) => attempt(file.path, (done) => fs.ftruncate(live(fd), size, done)),
    stat: async () =>
      facts(await call<fs.BigIntStats>(file.path, (done) => fs.fstat(live(fd), { bigint: true }, done))),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      if (through !== undefined) await attempt(file.path, (done) => fs.close(through, done));
      await attempt(file.path, (done) => fs.close(fd, done));
    },
  };
  return file;
}

/** The real disk. */
export const diskFiles: Files = {
  open: openFile,
  async stat(path) {
    const stats = await unless(
      "ENOENT",
      undefined,
      call<fs.BigIntStats>(path, (done) => fs.stat(path, { bigint: true }, done)),
    );
    return stats && facts(stats);
  },
  readFile: (path) =>
    unless(
      "ENOENT",
      undefined,
      call<Buffer>(path, (done) => fs.readFile(path, done)),
    ),
  async createExclusive(path, content) {
    const fd = await unless(
      "EEXIST",
      undefined,
      call<number>(path, (done) => fs.open(path, "wx", done)),
    );
    if (fd === undefined) return false;
    try {
      await writeAll(fd, path, content, 0);
      await attempt(path, (done) => fs.fsync(fd, done));
    } finally {
      await attempt(path, (done) => fs.close(fd, done));
    }
    return true;
  },
  link: (from, to) =>
    unless(
      "EEXIST",
      false,
      attempt(to, (done) => fs.link(from, to, done)).then(() => true),
    ),
  rename: (from, to) => attempt(to, (done) => fs.rename(from, to, done)),
  remove: (path) =>
    unless(
      "ENOENT",
      undefined,
      attempt(path, (done) => fs.unlink(path, done)),
    ),
  list: (directory) =>
    unless(
      "ENOENT",
      undefined,
      call<string[]>(directory, (done) => fs.readdir(directory, done)),
    ),
  makeDirectory: (path) =>
    call<string | undefined>(path, (done) => fs.mkdir(path, { recursive: true }, done)),
  async syncDirectory(path) {
    if (process.platform === "win32") return;
    const fd = await call<number>(path, (done) => fs.open(path, "r", done));
    try {
      await attempt(path, (done) => fs.fsync(fd, done));
    } finally {
      await attempt(path, (done) => fs.close(fd, done));
    }
  },
};

/** What Windows answers while a virus scanner or a reader holds the target for a moment. */
const HELD: ReadonlySet<string | undefined> = new Set(["EPERM", "EBUSY", "EACCES"]);
const RENAME_TRIES = 6;

/** Renames over what is there. A target that is held is tried again for about half a second, never truncated instead. */
export async function renameOver(files: Files, from: string, to: string): Promise<void> {
  for (let left = RENAME_TRIES - 1, wait = 10; ; left--, wait *= 2) {
    try {
      return await files.rename(from, to);
    } catch (error) {
      if (left === 0 || !HELD.has(systemCode(error))) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
