/**
 * One writer at a time. The lock is a file that is created whole or not at all, and removed by its holder, or by whoever
 * has the sole right to remove it after the holder died.
 *
 * That right is a file too, named after the dead holder's nonce: a nonce never comes back, so whoever holds
 * `lock.<nonce>` is the only one who may take that very lock away, and cannot take away its successor. If the remover
 * dies in turn, its own nonce is the name of the next right.
 */
import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout } from "node:timers";
import { StateError } from "../../src/adapter.ts";
import { type Files, systemCode } from "./files.ts";
import { type LockHolder, parseHolder, self, stateOf } from "./holder.ts";

export interface Lock {
  /** Whether the file still says so; it may have been removed by hand. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

export interface LockOptions {
  /**
   * Asked about a holder that cannot be judged from here, because it ran on another host or in another container.
   * `true` declares it dead, and its lock is broken.
   */
  readonly takeOver?: ((holder: LockHolder) => boolean | Promise<boolean>) | undefined;
}

/** A lock is being created or broken by another process at this moment; it is looked at again this often. */
const LOOKS = 20;
const LOOK_MS = 25;

async function readHolder(files: Files, path: string): Promise<LockHolder | "unreadable" | undefined> {
  const bytes = await files.readFile(path);
  return bytes && (parseHolder(Buffer.from(bytes).toString("utf8")) ?? "unreadable");
}

function lockedBy(holder: LockHolder | "unreadable", path: string, why: string): StateError {
  const who =
    holder === "unreadable"
      ? "a holder that cannot be read"
      : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  const message = `The store is locked by ${who} (${path}). ${why}`;
  return new StateError("locked", message, { adapter: "filesystem", file: path });
}

const BY_HAND = "If it is surely gone, remove that file by hand.";

/** Creates `path` with the holder in it, as a whole where the file system has hard links. */
async function claim(files: Files, path: string, holder: LockHolder): Promise<boolean> {
  const content = Buffer.from(`${JSON.stringify(holder, null, 1)}\n`);
  const fresh = `${path}.${randomBytes(8).toString("hex")}.new`;
  try {
    await files.createExclusive(fresh, content);
    return await files.link(fresh, path);
  } catch (error) {
    if (!NO_LINKS.has(systemCode(error))) throw error;
    return await files.createExclusive(path, content);
  } finally {
    await files.remove(fresh);
  }
}

const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EINVAL",
]);

export async function acquireLock(files: Files, directory: string, options: LockOptions): Promise<Lock> {
  const path = join(directory, "lock");
  const holder: LockHolder = {
    ...(await self()),
    since: new Date().toISOString(),
    nonce: randomBytes(16).toString("hex"),
  };

  const rights: string[] = [];

  async function isDead(other: LockHolder): Promise<boolean | "unknown"> {
    const state = await stateOf(other);
    if (state !== "unknown") return state === "dead";
    return (await options.takeOver?.(other)) === true ? true : "unknown";
  }

  /** Whether this process now has the sole right to act in the stead of the dead `nonce`. */
  async function succeed(nonce: string): Promise<boolean> {
    const right = join(directory, `lock.${nonce}`);
    if (await claim(files, right, holder)) {
      rights.push(right);
      return true;
    }
    const other = await readHolder(files, right);
    if (other === undefined || other === "unreadable") return false;
    if (other.nonce === holder.nonce) return true;
    return (await isDead(other)) === true && (await succeed(other.nonce));
  }

  /** Removes the lock of a dead holder; `false` when another process is doing so. */
  async function breakLock(dead: LockHolder): Promise<boolean> {
    if (!(await succeed(dead.nonce))) return false;
    const now = await readHolder(files, path);
    if (typeof now === "object" && now.nonce === dead.nonce) {
      const aside = join(directory, `lock.${dead.nonce}.dead`);
      await files.rename(path, aside);
      const moved = await readHolder(files, aside);
      if (typeof moved !== "object" || moved.nonce !== dead.nonce) {
        throw lockedBy(
          moved ?? "unreadable",
          aside,
          "It changed while a dead holder's lock was being removed.",
        );
      }
      await files.remove(aside);
    }
    return true;
  }

  async function take(look: number): Promise<void> {
    if (await claim(files, path, holder)) return;
    const other = await readHolder(files, path);
    const last = look >= LOOKS;
    if (typeof other === "object") {
      const dead = await isDead(other);
      if (dead === false) {
        const isOwn = other.pid === holder.pid && other.host === holder.host;
        const why = isOwn ? "That is this process: share its opening" : "Close it there";
        throw lockedBy(other, path, `${why}, or open this one read-only.`);
      }
      if (dead === "unknown") throw lockedBy(other, path, `It cannot be seen from here. ${BY_HAND}`);
      if (last) throw lockedBy(other, path, "It is gone, and another process is taking its place.");
      if (await breakLock(other)) return take(look + 1);
    } else if (last) {
      throw lockedBy("unreadable", path, BY_HAND);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    return take(look + 1);
  }

  try {
    await take(1);
  } finally {
    // Once the lock has another nonce, the right to remove the old one is worth nothing.
    for (const right of rights) await files.remove(right);
  }

  async function isHeld(): Promise<boolean> {
    const now = await readHolder(files, path);
    return typeof now === "object" && now.nonce === holder.nonce;
  }

  return {
    isHeld,
    async release() {
      if (await isHeld()) await files.remove(path);
    },
  };
}

/** Removes what dead processes left while they took or broke a lock. Only for the holder of the lock. */
export async function sweepLocks(files: Files, directory: string): Promise<void> {
  for (const name of (await files.list(directory)) ?? []) {
    if (!name.startsWith("lock.")) continue;
    const path = join(directory, name);
    const holder = await readHolder(files, path);
    if (typeof holder === "object" && (await stateOf(holder)) === "dead") await files.remove(path);
  }
}
