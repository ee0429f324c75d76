import { formatScope, parseRevision, type StateScope } from "../index.ts";
import { checkName, createCodec } from "../internal.ts";
import { ask, type StateStub } from "./client.ts";
import { type MirroredScope, mirrorKey } from "./mirror.ts";
import type { MirrorNamespace } from "./platform.ts";
import type { RemoteEntry } from "./request.ts";
import { fromWire } from "./wire.ts";

/** A value with how old it may be. */
export interface EdgeRead {
  /** Undefined where there is none. */
  readonly value: unknown;
  /** The entry's; undefined where there is none. */
  readonly revision: string | undefined;
  /** Milliseconds since the object was known to have this value. 0 from the object itself. */
  readonly ageMs: number;
  readonly from: "copy" | "object";
}

export interface EdgeReadOptions {
  /** The oldest copy that will do, in milliseconds. */
  readonly maxAgeMs: number;
  /** The copy must know of this commit: the revision that the caller's own write came back with. */
  readonly atLeast?: string;
}

export interface EdgeReader {
  /** Reads the copy if it is young enough for the caller, else the object, which then copies anew. */
  read(scope: StateScope, key: string, options: EdgeReadOptions): Promise<EdgeRead>;
}

/** How long a place may answer from its own cache. KV takes no less everywhere. */
const CACHE_SECONDS = 60;

const codec = createCodec();

/**
 * Reads the copies that an object with `mirror()` keeps in KV, everywhere and without waking it. The age is measured between
 * the clocks of two machines.
 *
 * @example
 * const reader = edgeReader(env.COPIES, env.STATE.getByName("team-7"));
 * const { value, ageMs } = await reader.read(globalScope(), "mode", { maxAgeMs: 60_000 });
 */
export function edgeReader(
  kv: MirrorNamespace,
  stub: StateStub & { readonly id: { toString(): string } },
): EdgeReader {
  async function copyOf(scope: string): Promise<MirroredScope | undefined> {
    const text = await kv.get(mirrorKey(stub.id.toString(), scope), {
      type: "text",
      cacheTtl: CACHE_SECONDS,
    });
    return text === null ? undefined : (fromWire(codec, JSON.parse(text)) as MirroredScope); // as the object put it
  }

  return {
    async read(scope, key, { maxAgeMs, atLeast = "" }) {
      checkName(key, "key");
      if (!(maxAgeMs >= 0)) throw new TypeError("maxAgeMs must be a number of milliseconds from 0 on");
      if (atLeast !== "") parseRevision(atLeast);
      const text = formatScope(scope);
      const copy = await copyOf(text);
      const ageMs = copy === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Date.now() - copy.at);
      if (copy !== undefined && ageMs <= maxAgeMs && copy.revision >= atLeast) {
        const found = Object.hasOwn(copy.entries, key) ? copy.entries[key] : undefined;
        const entry = (found?.expiresAt ?? Number.POSITIVE_INFINITY) > Date.now() ? found : undefined;
        return { value: entry?.value, revision: entry?.revision, ageMs, from: "copy" };
      }
      const request = { kind: "get", scope: text, key, copy: true } as const;
      const entry = (await ask(stub, request)) as RemoteEntry | undefined; // as `perform` answers
      return { value: entry?.value, revision: entry?.revision, ageMs: 0, from: "object" };
    },
  };
}
