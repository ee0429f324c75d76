import { concatBytes } from "../ground/bytes.ts";
import type { Batch, Entry, Key, Write } from "../store/store.ts";
import { corrupt, isCompressed, RECORD_HEADER, withFlag } from "./record.ts";

/** Records of less than `threshold` bytes are left as they are. */
export async function packedBatch(batch: Batch, threshold: number): Promise<Batch> {
  return { ...batch, writes: await Promise.all(batch.writes.map((write) => packedWrite(write, threshold))) };
}

export function unpackedAll(
  keys: readonly Key[],
  found: readonly (Uint8Array | undefined)[],
): Promise<(Uint8Array | undefined)[]> {
  return Promise.all(found.map((bytes, i) => bytes && unpacked(keys[i] as Key, bytes))); // one result for each key
}

export function unpackedEntries(chunk: readonly Entry[]): Promise<Entry[]> {
  return Promise.all(chunk.map(async ({ key, value }) => ({ key, value: await unpacked(key, value) })));
}

async function packedWrite(write: Write, threshold: number): Promise<Write> {
  if ("delete" in write || write.value.length < threshold) return write;
  const { value } = write;
  const body = await through(value.subarray(RECORD_HEADER), new CompressionStream("deflate-raw"));
  if (body.length + RECORD_HEADER >= value.length) return write;
  return { put: write.put, value: withFlag(concatBytes([value.subarray(0, RECORD_HEADER), body]), true) };
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
