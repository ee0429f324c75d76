import { concatBytes } from "../ground/bytes.ts";
import type { Entry, Key, Store, Write } from "../store/store.ts";
import { corrupt, isCompressed, RECORD_HEADER, withFlag } from "./record.ts";

/** Records with less than this are left as they are. Bytes. */
const THRESHOLD = 1024;

/**
 * Compresses records on their way into a store if `isOn`, and only if that makes them smaller; unpacks them on the way
 * out whatever today's setting is, because each record says of itself whether it is compressed. Pointers stay as they are.
 * The checksum is of the unpacked content and is looked at afterwards.
 */
export function withCompression(store: Store, isOn: boolean): Store {
  return {
    ...store,
    commit: isOn
      ? async (batch) => store.commit({ ...batch, writes: await Promise.all(batch.writes.map(packedWrite)) })
      : (batch) => store.commit(batch),
    async get(keys, signal) {
      const found = await store.get(keys, signal);
      return found.some(isCompressed)
        ? Promise.all(found.map((bytes, i) => bytes && unpacked(keys[i] as Key, bytes)))
        : found;
    },
    async *scan(range, options) {
      for await (const chunk of store.scan(range, options)) {
        yield chunk.some((entry) => isCompressed(entry.value))
          ? await Promise.all(chunk.map(unpackedEntry))
          : chunk;
      }
    },
  };
}

async function packedWrite(write: Write): Promise<Write> {
  if ("delete" in write || write.value.length < THRESHOLD) return write;
  const { value } = write;
  const body = await through(value.subarray(RECORD_HEADER), new CompressionStream("deflate-raw"));
  if (body.length + RECORD_HEADER >= value.length) return write;
  return { put: write.put, value: withFlag(concatBytes([value.subarray(0, RECORD_HEADER), body]), true) };
}

async function unpackedEntry(entry: Entry): Promise<Entry> {
  return { key: entry.key, value: await unpacked(entry.key, entry.value) };
}

async function unpacked(key: Key, bytes: Uint8Array): Promise<Uint8Array> {
  if (!isCompressed(bytes)) return bytes;
  try {
    const body = await through(bytes.subarray(RECORD_HEADER), new DecompressionStream("deflate-raw"));
    return withFlag(concatBytes([bytes.subarray(0, RECORD_HEADER), body]), false);
  } catch (cause) {
    throw corrupt(key, "it does not unpack", cause);
  }
}

async function through(bytes: Uint8Array, stream: CompressionStream): Promise<Uint8Array> {
  const writing = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const pieces: Uint8Array[] = [];
  const fed = writing.write(new Uint8Array(bytes)).then(() => writing.close());
  const drained = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) pieces.push(next.value);
  })();
  await Promise.all([fed, drained]);
  return concatBytes(pieces);
}
