import { lazy } from "../ground/lazy.ts";
import type { Store } from "../store/store.ts";
import { isCompressed } from "./record.ts";

const deflate = lazy("compression", () => import("./deflate.ts"));

/**
 * Compresses records on their way into a store from `threshold` bytes on (undefined: none), and only if that makes them smaller; unpacks them on the way
 * out whatever today's setting is, because each record says of itself whether it is compressed. Pointers stay as they are.
 * The checksum is of the unpacked content and is looked at afterwards.
 */
export function withCompression(store: Store, threshold: number | undefined): Store {
  return {
    ...store,
    commit:
      threshold === undefined
        ? (batch) => store.commit(batch)
        : async (batch) => store.commit(await (await deflate.load()).packedBatch(batch, threshold)),
    async get(keys, signal) {
      const found = await store.get(keys, signal);
      return found.some(isCompressed) ? (await deflate.load()).unpackedAll(keys, found) : found;
    },
    async *scan(range, options) {
      for await (const chunk of store.scan(range, options)) {
        yield chunk.some((entry) => isCompressed(entry.value))
          ? await (await deflate.load()).unpackedEntries(chunk)
          : chunk;
      }
    },
  };
}
