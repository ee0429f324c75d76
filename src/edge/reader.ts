import superjson from "superjson";
import { formatScope, type StateScope } from "../index.ts";
import { type StateStub, stateClient } from "./client.ts";
import { type MirroredScope, mirrorKey } from "./mirror.ts";
import type { MirrorNamespace } from "./platform.ts";

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

export interface EdgeReader {
  /** Reads the copy if it is not older than `maxAgeMs`, else the object, which then copies anew. */
  read(scope: StateScope, key: string, options: { readonly maxAgeMs: number }): Promise<EdgeRead>;
}

/** The platform keeps what it read at least so long. */
const CACHE_SECONDS = 60;

/**
 * Reads the copies that an object with `mirror()` keeps in KV, everywhere and without waking it. The age is measured between
 * the clocks of two machines.
 *
 * @param object the name the object's id was made from
 */
export function edgeReader(kv: MirrorNamespace, stub: StateStub, object: string): EdgeReader {
  const client = stateClient(stub);
  return {
    async read(scope, key, { maxAgeMs }) {
      if (!(maxAgeMs >= 0)) throw new TypeError("maxAgeMs must be a number of milliseconds from 0 on");
      const text = await kv.get(mirrorKey(object, formatScope(scope)), {
        type: "text",
        cacheTtl: CACHE_SECONDS,
      });
      const copy = text === null ? undefined : superjson.parse<MirroredScope>(text);
      const ageMs = copy === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Date.now() - copy.at);
      if (copy !== undefined && ageMs <= maxAgeMs) {
        const found = Object.hasOwn(copy.entries, key) ? copy.entries[key] : undefined;
        const entry = (found?.expiresAt ?? Number.POSITIVE_INFINITY) > Date.now() ? found : undefined;
        return { value: entry?.value, revision: entry?.revision, ageMs, from: "copy" };
      }
      const entry = await client.scope(scope).entry(key);
      return { value: entry?.value, revision: entry?.revision, ageMs: 0, from: "object" };
    },
  };
}
