/** Who holds a lock, and whether that process still runs. */
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import { systemCode } from "./files.ts";

export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  /** Differs after each start of the machine. Absent where the system does not tell. */
  readonly boot?: string | undefined;
  /** The process namespace: inside another container the same number is another process. */
  readonly namespace?: string | undefined;
  /** When the process started, in ticks; tells it from a later one with its number. */
  readonly start?: string | undefined;
  /** ISO 8601, for people. Decides nothing. */
  readonly since: string;
  readonly nonce: string;
}

/** `undefined` where the system has no such file or does not show it: then there is one thing less to compare. */
async function told(read: Promise<string>): Promise<string | undefined> {
  const [outcome] = await Promise.allSettled([read]);
  return outcome.status === "fulfilled" ? outcome.value.trim() : undefined;
}

/** State letter and start time of a process, fields 3 and 22; the name before them may hold spaces and brackets. */
async function processFacts(pid: number): Promise<{ state: string; start: string } | undefined> {
  const line = await told(fs.readFile(`/proc/${pid}/stat`, "utf8"));
  const fields = line?.slice(line.lastIndexOf(")") + 2).split(" ");
  const state = fields?.[0];
  const start = fields?.[19];
  return state === undefined || start === undefined ? undefined : { state, start };
}

export async function self(): Promise<Omit<LockHolder, "since" | "nonce">> {
  const [boot, namespace, facts] = await Promise.all([
    told(fs.readFile("/proc/sys/kernel/random/boot_id", "utf8")),
    told(fs.readlink("/proc/self/ns/pid")),
    processFacts(process.pid),
  ]);
  return { host: hostname(), pid: process.pid, boot, namespace, start: facts?.start };
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

/** `unknown` when it ran where this process cannot look. */
export async function stateOf(holder: LockHolder): Promise<"alive" | "dead" | "unknown"> {
  const here = await self();
  if (holder.host !== here.host) return "unknown";
  if (differ(holder.boot, here.boot)) return "dead";
  if (differ(holder.namespace, here.namespace)) return "unknown";
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // A process of another user may not be signalled, but is there.
    if (systemCode(error) === "ESRCH") return "dead";
  }
  const facts = await processFacts(holder.pid);
  if (facts === undefined) return "alive";
  const ended = facts.state === "Z" || facts.state === "X";
  return ended || differ(holder.start, facts.start) ? "dead" : "alive";
}

function optional(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** `undefined` for a text that no holder wrote, or not wholly. */
export function parseHolder(text: string): LockHolder | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { host, pid, boot, namespace, start, since, nonce } = parsed as Record<string, unknown>;
  if (typeof host !== "string" || typeof pid !== "number" || typeof since !== "string") return undefined;
  // The nonce becomes part of a file's name.
  if (typeof nonce !== "string" || !/^[0-9a-f]{1,64}$/.test(nonce)) return undefined;
  return {
    host,
    pid,
    since,
    nonce,
    boot: optional(boot),
    namespace: optional(namespace),
    start: optional(start),
  };
}
