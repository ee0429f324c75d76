/** A disk in memory that forgets what was not synced, as a real one does when the power goes. */
import { basename, dirname } from "node:path";
import type { File, FileFacts, Files } from "../../adapters/filesystem/files.ts";

interface Inode {
  readonly identity: string;
  cached: Uint8Array;
  durable: Uint8Array;
  /** Sectors written since the last sync. */
  readonly dirty: Set<number>;
}

type Step = (operation: string, path: string) => void;

export interface FakeDisk {
  readonly files: Files;
  /** Called before each operation with its name and path; a throw is the operation's failure. */
  step: Step;
  /** What the process left when it was killed: all that it wrote, under dead descriptors and without its lock. */
  kill(): void;
  /** The power fails: each unsynced sector is kept or lost by chance, and so is the end of the list of renames. */
  losePower(random: () => number): void;
  /** The bytes of a file, to look at or to damage. */
  content(path: string): Uint8Array | undefined;
  replace(path: string, bytes: Uint8Array | undefined): void;
  names(): string[];
}

const SECTOR = 512;

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code, path });
}

/** A failure as the system reports it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export function createFakeDisk({ writeThrough }: { readonly writeThrough: boolean }): FakeDisk {
  let made = 0;
  let life = 0;
  let names = new Map<string, Inode>();
  let durableNames = new Map<string, Inode>();
  let renames: (() => void)[] = [];
  const directories = new Set<string>();

  function change(apply: (to: Map<string, Inode>) => void): void {
    apply(names);
    renames.push(() => apply(durableNames));
  }

  function inode(): Inode {
    made++;
    return { identity: `${made}`, cached: new Uint8Array(0), durable: new Uint8Array(0), dirty: new Set() };
  }

  function touch(node: Inode, from: number, to: number): void {
    for (let sector = Math.floor(from / SECTOR); sector * SECTOR < to; sector++) node.dirty.add(sector);
  }

  function resize(bytes: Uint8Array, size: number): Uint8Array {
    const sized = new Uint8Array(size);
    sized.set(bytes.subarray(0, size));
    return sized;
  }

  function write(node: Inode, bytes: Uint8Array, at: number): void {
    if (at + bytes.length > node.cached.length) node.cached = resize(node.cached, at + bytes.length);
    node.cached.set(bytes, at);
    touch(node, at, at + bytes.length);
  }

  function syncRange(node: Inode, from: number, to: number): void {
    if (node.durable.length !== node.cached.length) node.durable = resize(node.durable, node.cached.length);
    for (const sector of node.dirty) {
      const start = sector * SECTOR;
      if (start + SECTOR <= from || start >= to) continue;
      node.durable.set(node.cached.subarray(start, start + SECTOR), Math.min(start, node.durable.length));
      node.dirty.delete(sector);
    }
  }

  const disk: FakeDisk = {
    files: undefined as never,
    step: () => undefined,
    kill() {
      life++;
      for (const path of [...names.keys()]) if (basename(path) === "lock") change((to) => to.delete(path));
      disk.step = () => undefined;
    },
    losePower(random) {
      disk.kill();
      const kept = Math.floor(random() * (renames.length + 1));
      for (const apply of renames.slice(0, kept)) apply();
      renames = [];
      for (const path of [...durableNames.keys()]) if (basename(path) === "lock") durableNames.delete(path);
      names = new Map(durableNames);
      for (const node of new Set(names.values())) {
        const left = resize(node.durable, random() < 0.5 ? node.durable.length : node.cached.length);
        for (const sector of node.dirty) {
          if (random() < 0.5) continue;
          const start = sector * SECTOR;
          if (start < left.length) {
            const bytes = node.cached.subarray(start, Math.min(start + SECTOR, left.length));
            left.set(bytes, start);
          }
        }
        node.cached = left;
        node.durable = left.slice();
        node.dirty.clear();
      }
    },
    content: (path) => names.get(path)?.cached,
    replace(path, bytes) {
      if (bytes === undefined) {
        change((to) => to.delete(path));
        return;
      }
      const node = inode();
      node.cached = bytes.slice();
      node.durable = bytes.slice();
      change((to) => to.set(path, node));
    },
    names: () => [...names.keys()],
  };

  async function enter(operation: string, path: string, born = life): Promise<void> {
    await Promise.resolve();
    if (born !== life) throw failure("EBADF", path);
    disk.step(operation, path);
  }

  /** A write that fails may have written a part. */
  async function enterWrite(
    node: Inode,
    operation: string,
    path: string,
    bytes: Uint8Array,
    at: number,
    born: number,
  ): Promise<void> {
    try {
      await enter(operation, path, born);
    } catch (error) {
      if (born === life) write(node, bytes.subarray(0, bytes.length >> 1), at);
      throw error;
    }
  }

  /** After a failed sync the system takes the pages for clean, and later syncs succeed without writing them. */
  async function enterSync(node: Inode, path: string, born: number): Promise<void> {
    try {
      await enter("sync", path, born);
    } catch (error) {
      if (born === life) node.dirty.clear();
      throw error;
    }
  }

  function fileOf(node: Inode, opened: string): File {
    const born = life;
    const facts = (): FileFacts => ({ size: node.cached.length, identity: node.identity });
    const file: File = {
      path: opened,
      async read(into, position) {
        await enter("read", file.path, born);
        const bytes = node.cached.subarray(position, position + into.length);
        into.set(bytes);
        return bytes.length;
      },
      async write(bytes, position) {
        await enterWrite(node, "write", file.path, bytes, position, born);
        write(node, bytes, position);
      },
      ...(writeThrough && {
        async writeThrough(bytes: Uint8Array, position: number) {
          await enterWrite(node, "writeThrough", file.path, bytes, position, born);
          write(node, bytes, position);
          syncRange(node, position, position + bytes.length);
        },
      }),
      async sync() {
        await enterSync(node, file.path, born);
        syncRange(node, 0, Number.POSITIVE_INFINITY);
      },
      async truncate(size) {
        await enter("truncate", file.path, born);
        node.cached = resize(node.cached, size);
        touch(node, size, size + SECTOR);
      },
      async stat() {
        await enter("stat", file.path, born);
        return facts();
      },
      close: () => enter("close", file.path, born),
    };
    return file;
  }

  const files: Files = {
    async open(path, mode) {
      await enter("open", path);
      let node = names.get(path);
      if (node === undefined) {
        if (mode !== "create") throw failure("ENOENT", path);
        const fresh = inode();
        node = fresh;
        change((to) => to.set(path, fresh));
      } else if (mode === "create") {
        node.cached = new Uint8Array(0);
      }
      return fileOf(node, path);
    },
    async stat(path) {
      await enter("stat", path);
      const node = names.get(path);
      return node && { size: node.cached.length, identity: node.identity };
    },
    async readFile(path) {
      await enter("readFile", path);
      return names.get(path)?.cached.slice();
    },
    async createExclusive(path, content) {
      await enter("createExclusive", path);
      if (names.has(path)) return false;
      disk.replace(path, content);
      return true;
    },
    async link(from, to) {
      await enter("link", to);
      const node = names.get(from);
      if (node === undefined) throw failure("ENOENT", from);
      if (names.has(to)) return false;
      change((into) => into.set(to, node));
      return true;
    },
    async rename(from, to) {
      await enter("rename", to);
      const node = names.get(from);
      if (node === undefined) throw failure("ENOENT", from);
      change((into) => {
        into.delete(from);
        into.set(to, node);
      });
    },
    async remove(path) {
      await enter("remove", path);
      change((into) => into.delete(path));
    },
    async list(directory) {
      await enter("list", directory);
      if (!directories.has(directory)) return undefined;
      return [...names.keys()].filter((path) => dirname(path) === directory).map((path) => basename(path));
    },
    async makeDirectory(path) {
      await enter("makeDirectory", path);
      if (directories.has(path)) return undefined;
      directories.add(path);
      return path;
    },
    async syncDirectory(path) {
      await enter("syncDirectory", path);
      for (const apply of renames) apply();
      renames = [];
      durableNames = new Map(names);
    },
  };
  return Object.assign(disk, { files });
}
