/** Rows 1 to 7 answer for a byte that lies that many bytes further ahead, so eight bytes cost eight look-ups. */
const TABLE = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (0xedb88320 & -(value & 1));
  TABLE[byte] = value;
}
for (let at = 256; at < TABLE.length; at++) {
  const nearer = row(at - 256);
  TABLE[at] = (nearer >>> 8) ^ row(nearer & 255);
}

/** Where words have another order, bytes are taken one by one: slower, and the same. */
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** In bounds at each call: every index is a byte plus the start of one of the eight rows. */
function row(index: number): number {
  return TABLE[index] as number;
}

/** Calling out of the script costs more than so few bytes. */
const FEW = 64;

type Crc32 = (bytes: Uint8Array, seed?: number) => number;

/** The runtime's own, where it has one: about ten times faster. */
const native = ofRuntime();

function ofRuntime(): Crc32 | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  const zlib = process?.getBuiltinModule?.("node:zlib") as { crc32?: Crc32 } | undefined; // by Node's documentation
  return zlib?.crc32;
}

/**
 * CRC-32 as zip, PNG and Ethernet compute it (reflected, polynomial 0xEDB88320), as an unsigned number.
 * It finds accidents, not forgery. To go on with more bytes pass the result so far as `seed`.
 *
 * @example
 * crc32(utf8("123456789")) === 0xcbf43926
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return native === undefined || bytes.length < FEW ? scriptCrc32(bytes, seed) : native(bytes, seed);
}

/** The same for runtimes without one. */
export function scriptCrc32(bytes: Uint8Array, seed = 0): number {
  const table = TABLE;
  const { length } = bytes;
  let crc = ~seed;
  let i = 0;
  // Up to where four bytes can be read as one word.
  const aligned = Math.min(length, -bytes.byteOffset & 3);
  for (; i < aligned; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 255] as number);
  if (LITTLE_ENDIAN && length - i >= 8) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + i, ((length - i) >>> 3) * 2);
    // The casts hold because the length of `words` is even, and each table index is a row plus a byte.
    for (let w = 0; w < words.length; w += 2) {
      const low = crc ^ (words[w] as number);
      const high = words[w + 1] as number;
      crc =
        (table[1792 + (low & 255)] as number) ^
        (table[1536 + ((low >>> 8) & 255)] as number) ^
        (table[1280 + ((low >>> 16) & 255)] as number) ^
        (table[1024 + (low >>> 24)] as number) ^
        (table[768 + (high & 255)] as number) ^
        (table[512 + ((high >>> 8) & 255)] as number) ^
        (table[256 + ((high >>> 16) & 255)] as number) ^
        (table[high >>> 24] as number);
    }
    i += words.length * 4;
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 255] as number);
  return ~crc >>> 0;
}

/** Of a text of ASCII characters, such as a storage key: the same as of its bytes, which need not be made. */
export function crc32OfAscii(text: string): number {
  let crc = ~0;
  for (let i = 0; i < text.length; i++)
    crc = (crc >>> 8) ^ (TABLE[(crc ^ text.charCodeAt(i)) & 255] as number); // one of the 256 in the first row
  return ~crc >>> 0;
}
